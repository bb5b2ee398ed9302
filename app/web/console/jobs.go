package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/jobs"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/views"
)

// Jobs are those of a state, the failed ones first to be looked at.
func (h *Handler) Jobs(c echo.Context) error {
	ctx := c.Request().Context()
	p := views.JobsPage{Console: page.ConsoleShell(c, "jobs", "Jobs")}
	var next string
	err := h.DB.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		if p.Counts, err = tx.JobCounts(ctx); err != nil {
			return err
		}
		var failed []jobs.Failed
		if failed, next, err = jobs.List(ctx, tx, c.QueryParam("after"), pageSize); err != nil {
			return err
		}
		var ids []uuid.UUID
		for _, f := range failed {
			ids = append(ids, f.TenantID)
		}
		rows, err := tx.TenantSlugs(ctx, ids)
		if err != nil {
			return err
		}
		slugs := map[uuid.UUID]string{}
		for _, r := range rows {
			slugs[r.ID] = r.Slug
		}
		for _, f := range failed {
			p.Failed = append(p.Failed, views.FailedJob{ID: f.ID, Kind: f.Kind, Retryable: f.State == "retryable", Attempt: f.Attempt, Next: f.Next,
				Error: f.Error, TenantID: f.TenantID, Slug: slugs[f.TenantID]})
		}
		return nil
	})
	if errors.Is(err, jobs.ErrNotFound) {
		return page.ErrNotFound
	}
	if err != nil {
		return err
	}
	if next != "" {
		p.Next = c.Request().URL.Path + "?" + url.Values{"after": {next}}.Encode()
	}
	return page.Render(c, http.StatusOK, views.Jobs(p), nil)
}

// JobRetry has a job tried again now.
func (h *Handler) JobRetry(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return page.ErrNotFound
	}
	err = h.DB.Shared(ctx, func(tx *db.SharedTx) error { return jobs.Retry(ctx, tx, id) })
	if errors.Is(err, jobs.ErrNotFound) {
		return page.ErrNotFound
	}
	if err != nil {
		return err
	}
	h.Log.InfoContext(ctx, "operator", "request_id", page.RequestID(c), "operator", page.From(c).Who.Email, "did",
		"had job "+c.Param("id")+" tried again")
	return page.Say(c, "/jobs", "Job "+c.Param("id")+" is tried again now")
}
