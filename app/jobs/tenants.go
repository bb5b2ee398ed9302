package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
	"github.com/paddock-crm/paddock/queries/shareddb"
)

// tenants is the one wrapper around every job: it gives a job of a tenant's its
// scope, and lets no tenant have more than its share of the workers.
type tenants struct {
	river.WorkerMiddlewareDefaults
	db    *db.DB
	meter *tenant.Meter
	share int

	mu      sync.Mutex
	running map[uuid.UUID]int
}

// newTenants gives a tenant half of the workers at most.
func newTenants(d *db.DB, meter *tenant.Meter, workers int) *tenants {
	return &tenants{db: d, meter: meter, share: max(1, workers/2), running: map[uuid.UUID]int{}}
}

// snooze is how long a job waits whose tenant has its share already; it differs,
// so that they do not all come back at once.
func snooze() time.Duration {
	return time.Second + rand.N(4*time.Second) //nolint:gosec // no secret
}

// Work runs a job in the scope of its tenant, as part of the trace in which it
// was enqueued. The job of a workspace that is gone is cancelled.
func (t *tenants) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	carrier := propagation.MapCarrier{}
	_ = json.Unmarshal(job.Metadata, &carrier) // River's own entries are no texts: then there is no trace
	ctx, span := otel.Tracer("paddock/jobs").Start(otel.GetTextMapPropagator().Extract(ctx, carrier), "job "+job.Kind,
		trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attribute.Int64("paddock.job", job.ID), attribute.Int("paddock.attempt", job.Attempt)))
	defer span.End()
	err := t.work(ctx, job, work)
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	return err
}

func (t *tenants) work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	var args db.TenantJob
	if err := json.Unmarshal(job.EncodedArgs, &args); err != nil {
		return err
	}
	id := args.TenantID
	ctx = db.WithGuard(ctx)
	if id == uuid.Nil {
		return work(ctx)
	}
	if !t.enter(id) {
		return river.JobSnooze(snooze())
	}
	defer t.leave(id)
	var row shareddb.TenantByIDRow
	err := t.db.SharedRead(ctx, func(tx *db.SharedTx) (err error) {
		row, err = tx.TenantByID(ctx, id)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return river.JobCancel(errors.New("jobs: the workspace is gone"))
	}
	if err != nil {
		return err
	}
	t.meter.Job(id)
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("paddock.tenant", row.Schema))
	return work(db.WithScope(ctx, db.Scope{TenantID: row.ID, Schema: row.Schema}))
}

func (t *tenants) enter(id uuid.UUID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running[id] >= t.share {
		return false
	}
	t.running[id]++
	return true
}

func (t *tenants) leave(id uuid.UUID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running[id]--; t.running[id] == 0 {
		delete(t.running, id)
	}
}
