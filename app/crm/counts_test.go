package crm_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/apptest/pg"
	"github.com/paddock-crm/paddock/app/crm"
	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Whatever many people do at once to records, the kept counts are what is there.
func TestKeptCounts(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	d, su := pg.DB(t), pg.Superuser(t)
	me := w.MemberID(w.Owner)
	var mu sync.Mutex
	var sets []uuid.UUID // to undo
	made := map[entity.Kind][]uuid.UUID{}
	any := func(kind entity.Kind) uuid.UUID {
		mu.Lock()
		defer mu.Unlock()
		if len(made[kind]) == 0 {
			return uuid.Nil
		}
		return made[kind][rand.IntN(len(made[kind]))]
	}
	kinds := []entity.Kind{entity.Customer, entity.Contact, entity.Lead, entity.Deal, entity.Deal, entity.Project, entity.Task}
	name := map[entity.Kind]string{entity.Customer: "name", entity.Contact: "last_name", entity.Lead: "last_name", entity.Deal: "name",
		entity.Project: "name", entity.Task: "subject"}
	stages := []uuid.UUID{w.Stage("Prospecting"), w.Stage("Proposal"), w.Stage("Closed Won")}
	values := func(kind entity.Kind, as string) entity.Values {
		v := entity.Values{name[kind]: entity.Text(as)}
		if kind == entity.Lead && rand.IntN(2) == 0 {
			v["amount"] = entity.Money{Minor: rand.Int64N(1e6)}
		}
		if kind == entity.Deal {
			v["currency"], v["stage_id"] = entity.Text([]string{"EUR", "USD"}[rand.IntN(2)]), entity.Ref{ID: stages[rand.IntN(3)]}
			if rand.IntN(3) > 0 {
				v["amount"] = entity.Money{Minor: rand.Int64N(1e6), Currency: v.Text("currency")}
			}
			if rand.IntN(2) == 0 {
				v["probability"] = entity.Number(rand.IntN(101))
			}
		}
		return v
	}
	went := 0
	errTakenBack := errors.New("taken back")
	once := func() error {
		kind, ctx := kinds[rand.IntN(len(kinds))], w.Context()
		return d.Tenant(ctx, func(tx *db.TenantTx) error {
			switch rand.IntN(10) {
			case 0, 1, 2:
				id, err := crm.Create(ctx, tx, crm.Draft{Kind: kind, Values: values(kind, "Made"), By: crm.By{Member: me}})
				mu.Lock()
				made[kind], sets = append(made[kind], id), append(sets, tx.ChangeSet())
				mu.Unlock()
				return err
			case 3: // by COPY
				if kind == entity.Deal { // which has a position and a pipeline
					return crm.DealMove(ctx, tx, any(kind), crm.Move{StageID: stages[rand.IntN(3)]})
				}
				rows := make([]entity.Record, rand.IntN(20))
				e := entity.For(kind)
				for i := range rows {
					rows[i] = entity.Record{Entity: e, ID: uuid.Must(uuid.NewV7()), Version: 1, CreatedAt: time.Now(), UpdatedAt: time.Now(),
						Values: entity.Values{name[kind]: entity.Text(fmt.Sprint("Loaded ", i))}}
					for j := range e.Fields {
						if f := &e.Fields[j]; f.Type == entity.TypeSelect && f.Required {
							rows[i].Values[f.Name] = entity.Text(f.Options[0].Value)
						}
					}
				}
				_, err := tx.RecordLoad(ctx, e, rows)
				return err
			case 4, 5:
				id := any(kind)
				state, err := tx.RecordState(ctx, kind, id, true)
				if err != nil {
					return err
				}
				mu.Lock()
				sets = append(sets, tx.ChangeSet())
				mu.Unlock()
				return crm.Delete(ctx, tx, kind, id, state.Version)
			case 6:
				return crm.Restore(ctx, tx, kind, any(kind))
			case 7:
				mu.Lock()
				if len(sets) == 0 {
					mu.Unlock()
					return nil
				}
				set := sets[rand.IntN(len(sets))]
				mu.Unlock()
				_, err := crm.Undo(ctx, tx, set, crm.By{Member: me, Manages: true})
				return err
			case 8:
				_, err := tx.RecordsPurge(ctx, kind, time.Now().Add(time.Hour), rand.IntN(3))
				return err
			}
			_, err := crm.Create(ctx, tx, crm.Draft{Kind: kind, Values: values(kind, "Never was"), By: crm.By{Member: me}})
			return errors.Join(err, errTakenBack)
		})
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 60 {
				err := once() // what can't be done, such as to delete what is gone, changes nothing
				mu.Lock()
				if err == nil {
					went++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if went < 150 {
		t.Errorf("%d of %d went well", went, 8*60)
	}
	_, err := su.Exec(t.Context(), `update `+w.Schema+`.contacts
		set deleted_at = case when deleted_at is null and random() < 0.3 then now() end`)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entity.Kinds {
		var real, rows int
		if err := su.QueryRow(t.Context(), `select count(*) from `+w.Schema+`.`+e.Table+` where deleted_at is null`).Scan(&real); err != nil {
			t.Fatal(err)
		}
		err := su.QueryRow(t.Context(), `select count(*) from `+w.Schema+`.record_counts where kind = $1`, string(e.Kind)).Scan(&rows)
		if err != nil {
			t.Fatal(err)
		}
		var kept int
		w.Do(func(ctx context.Context, tx *db.TenantTx) (err error) {
			kept, _, err = tx.RecordCount(ctx, e, tenantdb.Filter{})
			return err
		})
		if kept != real || rows > 9*6 || real == 0 {
			t.Errorf("%s: %d kept in %d rows, %d there", e.Table, kept, rows, real)
		}
	}
	if _, err := su.Exec(t.Context(), `set search_path = `+w.Schema); err != nil {
		t.Fatal(err)
	}
	for kind, sum := range map[string]string{
		"lead": `select status, '', count(*), coalesce(sum(amount), 0), 0, 0 from leads where deleted_at is null group by 1`,
		"deal": `select stage_id::text, currency, count(*), coalesce(sum(amount), 0), coalesce(sum(amount * probability), 0),
			coalesce(sum(amount) filter (where probability is null), 0) from deals where deleted_at is null group by 1, 2`,
	} {
		var wrong int
		if err := su.QueryRow(t.Context(), `select count(*) from (
			(select value, currency, sum(n), sum(amount), sum(chance), sum(open) from record_counts where kind = '`+kind+`'
			group by 1, 2 having sum(n) > 0) except (`+sum+`)) x`).Scan(&wrong); err != nil || wrong > 0 {
			t.Errorf("%s: %d sums differ, %v", kind, wrong, err)
		}
	}
}

// Who has counted keeps nobody from counting.
func TestKeptCountsMakeNobodyWait(t *testing.T) {
	t.Parallel()
	w := pg.NewWorkspace(t)
	d, ctx := pg.DB(t), w.Context()
	held, free := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- d.Tenant(ctx, func(tx *db.TenantTx) error {
			_, err := crm.Create(ctx, tx, crm.Draft{Kind: entity.Customer, Values: entity.Values{"name": entity.Text("First")}})
			close(held)
			<-free
			return err
		})
	}()
	<-held
	w.Customer(tenantdb.CustomerUpdateParams{Name: "Second"}) // lock_timeout would end a wait
	close(free)
	if err := <-done; err != nil {
		t.Error(err)
	}
	w.Do(func(ctx context.Context, tx *db.TenantTx) error {
		if n, _, err := tx.RecordCount(ctx, entity.Customers, tenantdb.Filter{}); n != 2 || err != nil {
			t.Errorf("%d customers, %v", n, err)
		}
		return nil
	})
}
