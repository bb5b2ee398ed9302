package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/shareddb"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

func (f *form) checkZone() {
	if v := f.Values["time_zone"]; v != "" && f.Errors["time_zone"] == "" {
		if _, ok := loadZone(v); !ok {
			f.fail("time_zone", "We don’t know this time zone. It should look like Europe/Rome.")
		}
	}
}

func (s *Server) workspaceSettings(c echo.Context) error {
	t := visiting(c).tenant
	return s.renderWorkspaceSettings(c, http.StatusOK, ui.Form{Values: map[string]string{
		"name": t.Name, "currency": t.Currency, "country": t.Country, "time_zone": t.TimeZone, "date_style": t.DateStyle, "number_style": t.NumberStyle,
	}})
}

func (s *Server) renderWorkspaceSettings(c echo.Context, status int, f ui.Form) error {
	p := views.SettingsPage{
		Sudo:  true,
		Shell: s.shell(c, "settings", "Workspace"), Tab: "workspace", Title: "Workspace", Action: "/settings/workspace",
		About: "These hold for everybody who has chosen nothing else.", Fields: views.WorkspaceFields, Form: f,
	}
	return s.render(c, status, views.Settings(p), views.SettingsForm(p))
}

func (s *Server) workspaceUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	t := visiting(c).tenant
	f := readForm(c, views.WorkspaceFields, false)
	f.checkZone()
	p := shareddb.TenantSettingsParams{
		ID: t.ID, Name: t.Name, Currency: t.Currency, Country: t.Country, TimeZone: t.TimeZone, DateStyle: t.DateStyle, NumberStyle: t.NumberStyle,
	}
	was := p
	f.set("name", &p.Name)
	if v := f.Values["currency"]; v != "" && !strings.EqualFold(v, t.Currency) {
		if code, err := entity.ParseCurrency(v); err != nil {
			f.wrong("currency", err)
		} else {
			p.Currency = code
		}
	}
	f.set("country", &p.Country)
	f.set("time_zone", &p.TimeZone)
	f.set("date_style", &p.DateStyle)
	f.set("number_style", &p.NumberStyle)
	if p.Country = strings.ToUpper(p.Country); f.present["country"] && !entity.ValidCountry(p.Country) {
		f.fail("country", "We don’t know this country. It should be two letters, such as IT.")
	}
	if !f.Valid() {
		return s.renderWorkspaceSettings(c, http.StatusUnprocessableEntity, f.Form)
	}
	if p == was {
		return s.say(c, "/settings/workspace", "Nothing was changed")
	}
	err := s.db.Tenant(ctx, func(tx *db.TenantTx) error {
		if p.Currency != t.Currency {
			// What is kept in the workspace's currency would be of another all at once.
			switch stands, err := tx.AmountsExist(ctx); {
			case err != nil:
				return err
			case stands:
				return crm.Wrong("currency", "Amounts stand in "+t.Currency+" on customers, leads or projects, perhaps in the trash. They would be of "+p.Currency+" all at once: empty them first, or start a new workspace.")
			}
		}
		if p.Currency != t.Currency {
			if err := auth.Audit(ctx, tx, crm.ChangedCurrency, "From "+t.Currency+" to "+p.Currency); err != nil {
				return err
			}
		}
		return tx.AsShared(ctx, func(tx *db.SharedTx) error {
			if err := tx.TenantSettings(ctx, p); err != nil {
				return err
			}
			return auth.AuditShared(ctx, tx, auth.DidChangeSettings, p.Name)
		})
	})
	if err != nil && f.refused(err) {
		return s.renderWorkspaceSettings(c, http.StatusUnprocessableEntity, f.Form)
	}
	if err != nil {
		return err
	}
	s.hosts.Forget(t.Slug) // here at once; other processes hear of it
	return s.saved(c, "/settings/workspace")
}

func (s *Server) tags(c echo.Context) error {
	return s.renderTags(c, http.StatusOK, views.TagsPage{})
}

func (s *Server) renderTags(c echo.Context, status int, p views.TagsPage) error {
	ctx := c.Request().Context()
	p.Shell = s.shell(c, "settings", "Tags")
	err := s.db.TenantRead(ctx, func(tx *db.TenantTx) (err error) {
		rows, err := tx.TagList(ctx)
		for _, r := range rows {
			if r.DeletedIn != nil {
				p.Deleted = append(p.Deleted, r)
			} else {
				p.Tags = append(p.Tags, r)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(c, status, views.TagSettings(p), nil)
}

var tagFields = []ui.Field{
	{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 40}, {Name: "color", Label: "Colour", Kind: ui.KindSelect, Options: views.TagColors, Required: true},
}

func (s *Server) tagUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	f := readForm(c, tagFields, true)
	if strings.Contains(f.Values["name"], ",") {
		f.fail("name", "A tag can’t have a comma: it stands between tags.")
	}
	if f.Valid() {
		err = s.db.Tenant(ctx, func(tx *db.TenantTx) error {
			n, err := tx.TagUpdate(ctx, f.Values["name"], f.Values["color"], id)
			if err == nil && n == 0 {
				is, err := tx.TagExists(ctx, id)
				if err == nil && !is {
					err = pgx.ErrNoRows
				}
				return err
			}
			if err != nil {
				return err
			}
			return auth.Audit(ctx, tx, auth.DidChangeSettings, "Tag "+f.Values["name"])
		})
		if duplicate(err) {
			f.fail("name", "There is a tag of this name already.")
		} else if err != nil {
			return err
		}
	}
	if !f.Valid() {
		return s.renderTags(c, http.StatusUnprocessableEntity, views.TagsPage{ID: id, Form: f.Form})
	}
	return s.saved(c, "/settings/tags")
}

// duplicate tells a name that is taken (unique_violation).
func duplicate(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

func (s *Server) tagDelete(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	var name string
	var set uuid.UUID
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) (err error) {
		set = tx.ChangeSet()
		if name, err = tx.TagDelete(ctx, id); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, name+", tag")
	})
	if err != nil {
		return err
	}
	if err := s.setFlash(c, ui.Flash{Subject: name, Message: "deleted, and taken off all records", Undo: changesURL(set)}); err != nil {
		return err
	}
	return s.redirect(c, "/settings/tags")
}

func (s *Server) pipelines(c echo.Context) error {
	return s.renderPipelines(c, http.StatusOK, nil, ui.Form{})
}

// renderPipelines shows the pipelines as they are, with wrong in place of the
// one whose form is wrong.
func (s *Server) renderPipelines(c echo.Context, status int, wrong *views.PipelineForm, add ui.Form) error {
	ctx := c.Request().Context()
	p := views.PipelinesPage{Shell: s.shell(c, "settings", "Pipelines"), New: add}
	err := s.db.TenantRead(ctx, func(tx *db.TenantTx) error {
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
					form.Stages = append(form.Stages, views.StageForm{ID: st.ID.String(), Name: st.Name, Color: st.Color, Outcome: st.Outcome, Probability: strconv.Itoa(int(st.Probability))})
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
	return s.render(c, status, views.PipelineSettings(p), nil)
}

var pipelineFields = []ui.Field{{Name: "name", Label: "Name", Kind: ui.KindText, Required: true, Max: 80}}

func (s *Server) pipelineCreate(c echo.Context) error {
	ctx := c.Request().Context()
	f := readForm(c, pipelineFields, true)
	if !f.Valid() {
		return s.renderPipelines(c, http.StatusUnprocessableEntity, nil, f.Form)
	}
	err := s.db.Tenant(ctx, func(tx *db.TenantTx) error {
		if err := crm.PipelineCreate(ctx, tx.Queries, f.Values["name"]); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidChangeSettings, "Pipeline "+f.Values["name"])
	})
	if err != nil && f.refused(err) {
		return s.renderPipelines(c, http.StatusUnprocessableEntity, nil, f.Form)
	}
	if err != nil {
		return err
	}
	return s.saved(c, "/settings/pipelines")
}

// maxStages is how many stages a pipeline may have.
const maxStages = 30

func (s *Server) pipelineUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	f := readForm(c, pipelineFields, true)
	version := f.version(c)
	form, stages := readStages(c, f)
	form.ID = id
	if f.Valid() {
		err := s.db.Tenant(ctx, func(tx *db.TenantTx) error {
			pipelines, err := tx.PipelineList(ctx)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(pipelines, func(p tenantdb.PipelineListRow) bool { return p.ID == id }) {
				return pgx.ErrNoRows
			}
			if changed, err := crm.PipelineUpdate(ctx, tx.Queries, id, version, f.Values["name"], stages); err != nil || !changed {
				return err
			}
			return auth.Audit(ctx, tx, auth.DidChangeSettings, "Pipeline "+f.Values["name"])
		})
		switch {
		case errors.Is(err, crm.ErrChanged):
			now, err := s.pipelineText(c, id)
			if err != nil {
				return err
			}
			f.fail("", "Somebody else changed this pipeline meanwhile. It now reads: "+now+". Below it is as you want it; save again to put yours there.")
			form.Errors = f.Errors
			return s.renderPipelines(c, http.StatusConflict, &form, ui.Form{})
		case err != nil && !f.refused(err):
			return err
		}
	}
	if !f.Valid() {
		form.Errors = f.Errors
		return s.renderPipelines(c, http.StatusUnprocessableEntity, &form, ui.Form{})
	}
	return s.saved(c, "/settings/pipelines")
}

// pipelineText is a pipeline as it is saved, in a line.
func (s *Server) pipelineText(c echo.Context, id uuid.UUID) (text string, err error) {
	ctx := c.Request().Context()
	err = s.db.TenantRead(ctx, func(tx *db.TenantTx) error {
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
func readStages(c echo.Context, f *form) (views.PipelineForm, []crm.Stage) {
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
			f.fail("", "A pipeline has at most "+strconv.Itoa(maxStages)+" stages. Nothing was saved.")
			break
		}
		f.read(ui.Field{Name: at("name"), Label: "The stage", Kind: ui.KindText, Max: 60}, posted.Get(at("name")))
		st := views.StageForm{
			ID: posted.Get(at("id")), Name: f.Values[at("name")], Color: posted.Get(at("color")), Outcome: posted.Get(at("outcome")), Probability: strings.TrimSpace(posted.Get(at("probability"))),
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
		n, err := strconv.Atoi(first(st.Probability, "0"))
		if err != nil || n < 0 || n > 100 {
			f.fail(at("probability"), "From 0 to 100.")
		}
		row.Probability = int32(n) //nolint:gosec // checked above
		if st.Name == "" {
			f.fail(at("name"), "A stage needs a name.")
		}
		if !hasOption(views.TagColors, st.Color) || !slices.Contains([]string{crm.Open, crm.Won, crm.Lost}, st.Outcome) {
			f.fail(at("name"), "Choose a colour and an outcome of the list.")
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

func (s *Server) pipelineDelete(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := pathID(c)
	if err != nil {
		return err
	}
	err = s.db.Tenant(ctx, func(tx *db.TenantTx) error {
		pipelines, err := tx.PipelineList(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(pipelines, func(p tenantdb.PipelineListRow) bool { return p.ID == id })
		if i < 0 {
			return pgx.ErrNoRows
		}
		if err := crm.PipelineDelete(ctx, tx.Queries, id); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidDelete, pipelines[i].Name+", pipeline")
	})
	if err != nil {
		return err
	}
	return s.saved(c, "/settings/pipelines")
}
