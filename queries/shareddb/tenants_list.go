// Package shareddb is the shared schema's tables as Go: sqlc's code, and the
// operator's list, whose order is chosen when it is read.
package shareddb

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/paddock-crm/paddock/app/entity"
)

// TenantFilter narrows and orders the operator's list of workspaces.
type TenantFilter struct {
	Q     string // part of the name or address, or a whole domain
	State string // "" for all
	Sort  string // a key of TenantSorts, with - before it for the other way round
	After string // where the page before ended; "" for the first
	N     int
}

// TenantSorts are what the list can be sorted by. Each is walked in the order
// of an index, from where the page before ended.
var TenantSorts = map[string]tenantSort{
	"slug":    {"t.slug", "t.id", "text"},
	"created": {"t.claimed_at", "t.id", "timestamptz"},
	"members": {"s.members", "s.tenant_id", "integer"},
	"size":    {"s.bytes", "s.tenant_id", "bigint"},
	"active":  {"s.active_at", "s.tenant_id", "timestamptz"},
}

type tenantSort struct{ column, id, kind string }

// holds reports whether the text is a value of the column.
func (s tenantSort) holds(text string) (ok bool) {
	var err error
	switch s.kind {
	case "integer":
		_, err = strconv.ParseInt(text, 10, 32)
	case "bigint":
		_, err = strconv.ParseInt(text, 10, 64)
	case "timestamptz":
		_, err = time.Parse("2006-01-02 15:04:05.999999-07", text)
	}
	return err == nil
}

// TenantLine is a workspace in the operator's list.
type TenantLine struct {
	ID             uuid.UUID
	Slug, Name     string
	State          string
	SchemaVersion  int64
	MigrationError string
	FullOf         string
	ClaimedAt      time.Time
	Members        int32
	Records, Bytes int64
	ActiveAt       time.Time // 1970 for never
	Cursor         string    // the After of a page that goes on below it
}

// TenantLines returns a page of the list.
func (q *Queries) TenantLines(ctx context.Context, f TenantFilter) ([]TenantLine, error) {
	name, desc := strings.CutPrefix(f.Sort, "-")
	sort, ok := TenantSorts[name]
	if !ok {
		sort = TenantSorts["slug"]
	}
	direction, beyond := "asc", ">"
	if desc {
		direction, beyond = "desc", "<"
	}
	args := pgx.NamedArgs{"n": f.N}
	where := []string{"t.slug is not null", sort.column + " is not null"}
	if f.State != "" {
		where = append(where, "t.state = @state")
		args["state"] = f.State
	}
	if f.Q != "" {
		where = append(where,
			`(coalesce(t.slug, '') || ' ' || ext.fold(t.name) like @pattern or t.id in (select d.tenant_id from domains d where d.host = @q))`)
		args["q"], args["pattern"] = strings.ToLower(f.Q), LikePattern(f.Q)
	}
	if value, id, ok := strings.Cut(f.After, "|"); ok && sort.holds(value) && uuid.Validate(id) == nil { // else it is the first page
		where = append(where, fmt.Sprintf("(%s, %s) %s (@value::text::%s, @id::text::uuid)", sort.column, sort.id, beyond, sort.kind))
		args["value"], args["id"] = value, id
	}
	rows, err := q.db.Query(ctx, fmt.Sprintf(`-- name: TenantLines
		select t.id, t.slug, t.name, t.state, t.schema_version, t.migration_error, t.full_of, t.claimed_at, s.members, s.records, s.bytes,
		s.active_at, %[1]s::text || '|' || t.id
		from tenants t join tenant_stats s on s.tenant_id = t.id
		where %[2]s
		order by %[1]s %[3]s, %[4]s %[3]s
		limit @n`, sort.column, strings.Join(where, " and "), direction, sort.id), args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[TenantLine])
}

// LikePattern finds what a person typed anywhere in a folded text.
func LikePattern(s string) string {
	if s == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(entity.Fold(s)) + "%"
}
