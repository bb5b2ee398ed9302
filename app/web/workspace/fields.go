package workspace

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/app/web/page"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
	"github.com/paddock-crm/paddock/views/ui"
)

// Fields is the page of the workspace's own fields of a kind, ?kind=, with a form to add one,
// or to change the one that ?edit= names.
func (h *Handler) Fields(c echo.Context) error {
	look := views.LookOf(entity.Kind(c.QueryParam("kind")))
	if look == nil {
		look = views.Looks[0]
	}
	edited, _ := uuid.Parse(c.QueryParam("edit"))
	return h.renderFields(c, http.StatusOK, views.FieldsPage{Look: look, Form: ui.Form{Values: map[string]string{"type": "text"}}}, edited)
}

func (h *Handler) renderFields(c echo.Context, status int, p views.FieldsPage, edited uuid.UUID) error {
	ctx := c.Request().Context()
	p.Shell = page.Shell(c, "settings", "Fields")
	err := h.DB.TenantRead(ctx, func(tx *db.TenantTx) error {
		rows, err := tx.FieldList(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			switch {
			case entity.Kind(r.Kind) != p.Look.Kind:
			case r.DeletedAt != nil:
				p.Deleted = append(p.Deleted, r)
				continue
			case r.RetiredAt != nil:
				p.Retired = append(p.Retired, r)
			default:
				p.Fields = append(p.Fields, r)
			}
			if r.ID == edited && r.DeletedAt == nil {
				p.Look, p.Edited = views.LookOf(entity.Kind(r.Kind)), &r
			}
		}
		if p.Edited == nil {
			if edited != uuid.Nil {
				return pgx.ErrNoRows
			}
			return nil
		}
		p.Used, err = tx.CustomFieldUsed(ctx, p.Look.Kind, p.Edited.Key)
		return err
	})
	if err != nil {
		return err
	}
	if p.Edited != nil && p.Form.Valid() {
		p.Form.Values = fieldValues(*p.Edited)
		p.Options = p.Edited.Options
	}
	return page.Render(c, status, views.FieldSettings(p), nil)
}

// fieldValues are a field as its form holds it.
func fieldValues(r tenantdb.FieldListRow) map[string]string {
	v := map[string]string{"label": r.Label, "help": r.Help, "default": r.Preset, "section": r.Section, "show[]": strings.Join(r.Show, ",")}
	if r.Required {
		v["required"] = "true"
	}
	return v
}

// readField reads the form of a field over what it is already.
func readField(c echo.Context, d crm.Definition) (*page.Form, crm.Definition) {
	posted := c.Request().PostForm
	f := page.ReadForm(c, views.FieldFields, false)
	for name, to := range map[string]*string{"label": &d.Label, "help": &d.Help, "default": &d.Preset, "section": &d.Section,
		"key": &d.Key, "type": &d.Type} {
		f.Take(name, to)
	}
	if f.Present["kind"] {
		d.Kind = entity.Kind(f.Values["kind"])
	}
	if f.Present["refers"] {
		d.Refers = entity.Kind(f.Values["refers"])
	}
	if f.Present["required"] {
		d.Required = f.Values["required"] == "true"
	}
	if f.Present["retired"] {
		d.Retired = f.Values["retired"] == "true"
	}
	if show, ok := posted["show[]"]; ok {
		d.Show = slices.DeleteFunc(slices.Clone(show), func(s string) bool { return s == "" || !page.Storable(s) })
		f.Values["show[]"] = strings.Join(d.Show, ",")
	}
	if labels, ok := posted["options[]"]; ok {
		values, colors := posted["option_values[]"], posted["option_colors[]"]
		d.Options = nil
		for i, label := range labels {
			o := entity.Option{Label: label}
			if !page.Storable(label) {
				f.Fail("options[]", "An option has characters that we can’t store.")
				o.Label = ""
			}
			if i < len(values) {
				o.Value = values[i]
			}
			if i < len(colors) {
				o.Color = colors[i]
			}
			if entity.Line(o.Label) != "" {
				d.Options = append(d.Options, o)
			}
		}
	}
	return f, d
}

// FieldCreate adds a field.
func (h *Handler) FieldCreate(c echo.Context) error {
	ctx := c.Request().Context()
	f, d := readField(c, crm.Definition{Kind: entity.Customer, Type: "text"})
	if f.Valid() {
		err := h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
			if err := crm.FieldCreate(ctx, tx, d); err != nil {
				return err
			}
			return auth.Audit(ctx, tx, auth.DidChangeSettings, "Field "+d.Label)
		})
		if err != nil && !f.Refused(err) {
			return err
		}
	}
	look := views.LookOf(d.Kind)
	if look == nil {
		look = views.Looks[0]
	}
	if !f.Valid() {
		f.Lift([]ui.Field{{Name: "label"}, {Name: "type"}, {Name: "refers"}, {Name: "options[]"}, {Name: "help"}, {Name: "default"},
			{Name: "show[]"}, {Name: "key"}})
		return h.renderFields(c, http.StatusUnprocessableEntity, views.FieldsPage{Look: look, Form: f.Form, Options: d.Options}, uuid.Nil)
	}
	return page.Say(c, "/settings/fields?kind="+string(look.Kind), "Field created")
}

// FieldUpdate changes a field, or retires it and brings it back.
func (h *Handler) FieldUpdate(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	var f *page.Form
	var d crm.Definition
	status := http.StatusUnprocessableEntity
	err = h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		rows, err := tx.FieldList(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(r tenantdb.FieldListRow) bool { return r.ID == id && r.DeletedAt == nil })
		if i < 0 {
			return pgx.ErrNoRows
		}
		r := rows[i]
		f, d = readField(c, crm.Definition{ID: id, Kind: entity.Kind(r.Kind), Label: r.Label, Help: r.Help, Required: r.Required,
			Options: r.Options, Preset: r.Preset, Section: r.Section, Show: r.Show, Retired: r.RetiredAt != nil})
		d.Kind, d.Type = entity.Kind(r.Kind), r.Type
		if version := f.Version(c); version > 0 && version != r.Version {
			status = http.StatusConflict
			f.Fail("", "Somebody changed this field meanwhile. Save again to put yours there.")
		}
		if !f.Valid() {
			return errInvalidField
		}
		if err := crm.FieldUpdate(ctx, tx, d); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.DidChangeSettings, "Field "+d.Label)
	})
	if err != nil && (f == nil || f.Valid() && !f.Refused(err)) {
		return err
	}
	if !f.Valid() {
		f.Lift([]ui.Field{{Name: "label"}, {Name: "options[]"}, {Name: "help"}, {Name: "default"}, {Name: "show[]"}})
		return h.renderFields(c, status,
			views.FieldsPage{Look: views.LookOf(d.Kind), Form: f.Form, Options: d.Options}, id)
	}
	return page.Saved(c, "/settings/fields?kind="+string(d.Kind))
}

// FieldDelete takes a field away, for good after 30 days.
func (h *Handler) FieldDelete(c echo.Context) error {
	return h.changeField(c, crm.FieldDelete, auth.DidDelete, ui.Flash{Message: "deleted"}, true)
}

// FieldRestore brings a deleted field back.
func (h *Handler) FieldRestore(c echo.Context) error {
	return h.changeField(c, crm.FieldRestore, auth.DidChangeSettings, ui.Flash{Message: "restored"}, false)
}

// changeField does something to a field and says so.
func (h *Handler) changeField(c echo.Context, do func(context.Context, *db.TenantTx, uuid.UUID) error, did string,
	flash ui.Flash, undo bool) error {
	ctx := c.Request().Context()
	id, err := page.PathID(c)
	if err != nil {
		return err
	}
	var kind string
	err = h.DB.Tenant(ctx, func(tx *db.TenantTx) error {
		rows, err := tx.FieldList(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.ID == id {
				kind, flash.Subject = r.Kind, r.Label
			}
		}
		if err := do(ctx, tx, id); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, did, flash.Subject+", field")
	})
	if err != nil {
		return err
	}
	if undo {
		flash.Undo = "/settings/fields/" + id.String() + "/restoration"
	}
	if err := page.SetFlash(c, flash); err != nil {
		return err
	}
	return page.Redirect(c, "/settings/fields?kind="+kind)
}

// errInvalidField leaves a transaction whose form is wrong.
var errInvalidField = errors.New("workspace: invalid field")
