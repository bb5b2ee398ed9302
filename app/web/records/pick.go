package records

import (
	"context"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views"
)

// A picker posts the id that was chosen, as customer_id, what was typed to find
// it, as customer_id.words, and the name of one that is to be made, as customer_id.new. No
// words are dropped: what they name is chosen, and what names nothing is a mistake.

// picks reports whether anything was typed into a picker.
func picks(posted url.Values) bool {
	for name, values := range posted {
		if strings.HasSuffix(name, ".words") && values[0] != "" {
			return true
		}
	}
	return false
}

// picked puts what was typed into the form's pickers in their fields, and returns what is
// wrong, by field. A form whose pickers were left alone asks the database nothing.
func (r *Handler) picked(ctx context.Context, q *tenantdb.Queries, posted url.Values) (wrong map[string]string, err error) {
	wrong = map[string]string{}
	for i := range r.Look.Fields {
		f := &r.Look.Fields[i]
		words := clip(entity.Line(posted.Get(f.Name + ".words")))
		if f.System || words == "" || posted.Get(f.Name+".new") != "" {
			continue
		}
		one, many := "member", "members"
		if look := views.LookOf(f.Refers); look != nil {
			one, many = look.One, look.Many
		} else if f.Refers != entity.Member {
			continue
		}
		if id, err := uuid.Parse(posted.Get(f.Name)); err == nil && f.Type == entity.TypeReference {
			names, err := namesOf(ctx, q, []uuid.UUID{id}, f.Refers)
			if err != nil {
				return nil, err
			}
			if entity.Fold(names[id]) == entity.Fold(words) {
				continue // as it was chosen
			}
		}
		rows, err := called(ctx, q, f.Refers, words)
		if err != nil {
			return nil, err
		}
		switch len(rows) {
		case 0:
			wrong[f.Name] = "No " + one + " is called “" + words + "”."
		case 1:
			if f.Type == entity.TypeReference {
				posted.Del(f.Name)
			}
			posted.Add(f.Name, rows[0].ID.String())
		default:
			wrong[f.Name] = "Several " + many + " match “" + words + "”: choose one."
		}
	}
	return wrong, nil
}

// called are the members, or the records of a kind, that words name: those of exactly that
// name, or else all that the words fit.
func called(ctx context.Context, q *tenantdb.Queries, kind entity.Kind, words string) (rows []tenantdb.Named, err error) {
	if kind == entity.Member {
		members, err := q.MemberList(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if m.Active && strings.Contains(entity.Fold(m.Name), entity.Fold(words)) {
				rows = append(rows, tenantdb.Named{ID: m.ID, Name: m.Name})
			}
		}
	} else if rows, err = q.RecordOptions(ctx, kind, words, optionLimit); err != nil {
		return nil, err
	}
	var exactly []tenantdb.Named
	for _, row := range rows {
		if entity.Fold(row.Name) == entity.Fold(words) {
			exactly = append(exactly, row)
		}
	}
	if exactly != nil {
		return exactly, nil
	}
	return rows, nil
}

// notPicked says at the pickers what is wrong, and keeps what was typed there.
func (f *recordForm) notPicked(wrong map[string]string) {
	for name, message := range wrong {
		f.Fail(name, message)
	}
	for i := range f.entity.Fields {
		name := f.entity.Fields[i].Name + ".words"
		if words := clip(entity.Line(f.posted.Get(name))); words != "" {
			f.Values[name] = words
		}
	}
}

// makePicked makes the records that pickers name as new, in the transaction of the form's own.
func (f *recordForm) makePicked(ctx context.Context, tx *db.TenantTx, by crm.By) error {
	for i := range f.entity.Fields {
		field := &f.entity.Fields[i]
		name := clip(entity.Line(f.posted.Get(field.Name + ".new")))
		if name == "" || field.System || !field.Refers.Valid() {
			continue
		}
		v := named(entity.For(field.Refers), name)
		if owner := entity.For(field.Refers).Field("owner_id"); owner != nil && by.Member != uuid.Nil {
			v[owner.Name] = entity.Ref{ID: by.Member}
		}
		id, err := crm.Create(ctx, tx, crm.Draft{Kind: field.Refers, Values: v, By: by})
		if err != nil {
			return err
		}
		f.set[field.Name] = entity.Ref{ID: id, Name: name}
	}
	return nil
}

// named are the values of a record that is called so; people have a last name, and perhaps
// others before it.
func named(e *entity.Entity, name string) entity.Values {
	if f := e.Field(e.Name); f != nil && !f.System {
		return entity.Values{f.Name: entity.Text(name)}
	}
	v := entity.Values{}
	first, last := "", name
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		first, last = name[:i], name[i+1:]
	}
	v.Set("first_name", entity.Text(first))
	v.Set("last_name", entity.Text(last))
	return v
}
