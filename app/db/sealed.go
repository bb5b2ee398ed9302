package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// sealed are the columns of the shared schema that hold what app/seal has
// sealed: of which rows, under which key, and for which purpose, as those say
// who seal (TestResealing opens them all).
var sealed = []struct{ table, where, key, value, set, purpose string }{
	{"users", "totp_secret <> ''", "id::text", "totp_secret", "totp_secret = $1", "'totp ' || id"},
	{"tenant_providers", "client_secret <> ''", "tenant_id::text", "client_secret", "client_secret = $1", "'provider ' || tenant_id"},
	{"certificates", "true", "key", "value", "value = $1", "'certificate ' || key"},
	{"one_time_tokens", "purpose = 'oidc' and expires_at > now()", "encode(hash, 'hex')", "data", "data = $1", "'oidc flow'"},
	{"one_time_tokens", "purpose = 'signup' and expires_at > now()", "encode(hash, 'hex')", "data", "data = $1", "'signup'"},
	{"river_job", "kind = 'mail' and state in ('available', 'pending', 'running', 'retryable', 'scheduled')", "id::text", "args->>'sealed'",
		"args = jsonb_set(args, '{sealed}', to_jsonb($1::text))", "'mail'"},
}

// EachSealed calls fn with everything that is sealed in the database, a row at a
// time, and stores what it returns where that is something else. What changed
// meanwhile is left as it is.
func (d *DB) EachSealed(ctx context.Context, fn func(purpose, sealed string) (string, error)) error {
	for _, c := range sealed {
		for after := ""; ; {
			rows, err := d.owner.Query(ctx,
				fmt.Sprintf(`select %[1]s, %[2]s, %[3]s from public.%[4]s where %[5]s and %[1]s > $1 order by %[1]s limit 500`, c.key, c.purpose,
					c.value, c.table, c.where), after)
			if err != nil {
				return err
			}
			found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Key, Purpose, Sealed string }])
			if err != nil {
				return err
			}
			if len(found) == 0 {
				break
			}
			for _, r := range found {
				after = r.Key
				again, err := fn(r.Purpose, r.Sealed)
				if err != nil {
					return fmt.Errorf("%s %s: %w", c.table, r.Key, err)
				}
				if again == r.Sealed {
					continue
				}
				if _, err := d.owner.Exec(ctx, fmt.Sprintf(`update public.%s set %s where %s = $2 and %s = $3`, c.table, c.set, c.key, c.value), again,
					r.Key, r.Sealed); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
