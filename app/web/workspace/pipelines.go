package workspace

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Pipelines is the page of all pipelines with their stages.
func (h *Handler) Pipelines(c echo.Context) error {
	return h.renderPipelines(c, http.StatusOK, nil, ui.Form{})
}

// renderPipelines shows the pipelines as they are, with wrong in place of the
// one whose form is wrong.
func (h *Handler) renderPipelines(c echo.Context, status int, wrong *views.PipelineForm, add ui.Form) error {
	ctx := c.Request().Context()
	p := views.PipelinesPage{Shell: page.Shell(c, "settings", "Pipelines"), New: add}
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		pipelines, err := tx.PipelineList(ctx)
		if err != nil {
			return err
		}
		stages, err := tx.StageList(ctx)
		if err != nil {
			return err
		}
		for _, x := range pipelines {
			form := views.PipelineForm{ID: x.ID, Version: x.Version, Name: x.Name}
			used, err := tx.StagesUsed(ctx, x.ID)
			if err != nil {
				return err
			}
			for _, st := range stages {
				if st.PipelineID == x.ID {
					form.Stages = append(form.Stages, views.StageForm{ID: st.ID.String(), Name: st.Name, Color: st.Color, Outcome: st.Outcome,
						Probability: strconv.Itoa(int(st.Probability))})
				}
			}
			if wrong != nil && wrong.ID == x.ID {
				form.Name, form.Stages, form.Errors = wrong.Name, wrong.Stages, wrong.Errors
			}
			for i := range form.Stages {
				for _, u := range used {
					if u.StageID.String() == form.Stages[i].ID {
						form.Stages[i].Deals = u.N
						form.Deals += u.N
					}
				}
			}
			if wrong == nil || wrong.ID != x.ID {
				form.Stages = append(form.Stages, views.StageForm{Color: "blue", Outcome: crm.Open})
			}
			p.Pipelines = append(p.Pipelines, form)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return page.Render(c, status, views.PipelineSettings(p), nil)
}

var pipelineFields = []ui.Field{{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 80}}

// PipelineCreate adds one with the stages that most begin with.
func (h *Handler) PipelineCreate(c echo.Context) error {
	ctx := c.Request().Context()
	f := page.ReadForm(c, pipelineFields, true)
	if !f.Valid() {
		return h.renderPipelines(c, http.StatusUnprocessableEntity, nil, f.Form)
	}
	err := h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		if err := crm.PipelineCreate(ctx, tx, f.Values["name"]); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidChangeSettings, "Pipeline "+f.Values["name"])
	})
	if err != nil && f.Refused(err) {
		return h.renderPipelines(c, http.StatusUnprocessableEntity, nil, f.Form)
	}
	if err != nil {
		return err
	}
	return page.Saved(c, "/settings/pipelines")
}

// maxStages is how many stages a pipeline may have.
const maxStages = 30

// PipelineUpdate saves a pipeline with all its stages, as the form has them.
func (h *Handler) PipelineUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	f := page.ReadForm(c, pipelineFields, true)
	version := f.Version(c)
	form, stages := readStages(c, f)
	form.ID = id
	if f.Valid() {
		err := h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
			pipelines, err := tx.PipelineList(ctx)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(pipelines, func(p tenantdb.PipelineListRow) bool { return p.ID == id }) {
				return pgx.ErrNoRows
			}
			if changed, err := crm.PipelineUpdate(ctx, tx, id, version, f.Values["name"], stages); err != nil || !changed {
				return err
			}
			return auth.Audit(ctx, tx, auth.DidChangeSettings, "Pipeline "+f.Values["name"])
		})
		switch {
		case errors.Is(err, crm.ErrChanged):
			now, err := h.pipelineText(c, id)
			if err != nil {
				return err
			}
			who, err := page.ChangedBy(c, h.DB, id, 1)
			if err != nil {
				return err
			}
			f.Fail("", who+" changed this pipeline meanwhile. It now reads: "+now+
				". Below it is as you want it; save again to put yours there.")
			form.Errors = f.Errors
			return h.renderPipelines(c, http.StatusConflict, &form, ui.Form{})
		case err != nil && !f.Refused(err):
			return err
		}
	}
	if !f.Valid() {
		form.Errors = f.Errors
		return h.renderPipelines(c, http.StatusUnprocessableEntity, &form, ui.Form{})
	}
	return page.Saved(c, "/settings/pipelines")
}

// pipelineText is a pipeline as it is saved, in a line.
func (h *Handler) pipelineText(c echo.Context, id uuid.UUID) (text string, err error) {
	ctx := c.Request().Context()
	err = h.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		stages, err := tx.StageList(ctx)
		for _, st := range stages {
			if st.PipelineID != id {
				continue
			}
			if text == "" {
				text = "“" + st.PipelineName + "”, with "
			} else {
				text += ", "
			}
			text += st.Name + " (" + strconv.Itoa(int(st.Probability)) + " %, " + st.Outcome + ")"
		}
		return err
	})
	return text, err
}

// readStages reads stages[0][name] and so on, in the order that their numbers say.
func readStages(c echo.Context, f *page.Form) (views.PipelineForm, []crm.Stage) {
	posted := c.Request().PostForm
	form := views.PipelineForm{Name: f.Values["name"]}
	type numbered struct {
		crm.Stage
		at int // twice the place, so that there is room between two
	}
	var rows []numbered
	for i := 0; ; i++ {
		at := func(name string) string { return "stages[" + strconv.Itoa(i) + "][" + name + "]" }
		if !posted.Has(at("name")) {
			break
		}
		if i > maxStages && posted.Get(at("name")) != "" { // the last row adds one
			f.Fail("", "A pipeline has at most "+strconv.Itoa(maxStages)+" stages. Nothing was saved.")
			break
		}
		f.Read(ui.Field{Name: at("name"), Label: "The stage", Kind: ui.KindText, Max: 60}, posted.Get(at("name")))
		st := views.StageForm{
			ID: posted.Get(at("id")), Name: f.Values[at("name")], Color: posted.Get(at("color")), Outcome: posted.Get(at("outcome")),
			Probability: strings.TrimSpace(posted.Get(at("probability"))),
		}
		form.Stages = append(form.Stages, st)
		id, _ := uuid.Parse(st.ID)
		if id == uuid.Nil && st.Name == "" {
			continue // the row that adds one, left empty
		}
		row := numbered{crm.Stage{ID: id, Name: st.Name, Color: st.Color, Outcome: st.Outcome, Remove: posted.Get(at("remove")) == "true"}, 2 * i}
		if n, err := strconv.Atoi(posted.Get(at("position"))); err == nil {
			row.at = 2 * (n - 1)
			if n-1 < i {
				row.at-- // moved up: before the one that had the number
			} else if n-1 > i {
				row.at++
			}
		}
		n, err := strconv.Atoi(cmp.Or(st.Probability, "0"))
		if err != nil || n < 0 || n > 100 {
			f.Fail(at("probability"), "From 0 to 100.")
		}
		row.Probability = int32(n) //nolint:gosec // checked above
		if st.Name == "" {
			f.Fail(at("name"), "A stage needs a name.")
		}
		if !page.HasOption(views.TagColors, st.Color) || !slices.Contains([]string{crm.Open, crm.Won, crm.Lost}, st.Outcome) {
			f.Fail(at("name"), "Choose a colour and an outcome of the list.")
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b numbered) int { return a.at - b.at })
	stages := make([]crm.Stage, len(rows))
	for i, r := range rows {
		stages[i] = r.Stage
	}
	return form, stages
}

// PipelineDelete removes one that holds no deals.
func (h *Handler) PipelineDelete(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	err = h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		pipelines, err := tx.PipelineList(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(pipelines, func(p tenantdb.PipelineListRow) bool { return p.ID == id })
		if i < 0 {
			return pgx.ErrNoRows
		}
		if err := crm.PipelineDelete(ctx, tx, id); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, pipelines[i].Name+", pipeline")
	})
	if err != nil {
		return err
	}
	return page.Saved(c, "/settings/pipelines")
}
