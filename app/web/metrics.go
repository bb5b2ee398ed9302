package web

import (
	"cmp"
	"context"
	"net/http"
	"net/http/pprof"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/db"
)

// Metrics are what Prometheus reads. Nothing is by tenant: thousands of them
// would be thousands of series; the log has the tenant.
type Metrics struct {
	registry *prometheus.Registry
	took     *prometheus.HistogramVec
	queries  *prometheus.HistogramVec
}

// NewMetrics returns those of a process that works on this database.
func NewMetrics(d *db.DB) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "paddock_http_request_seconds", Help: "Requests by route pattern.", Buckets: []float64{.002, .005, .01, .02, .05, .1, .2, .5, 1,
				5},
		}, []string{"method", "route", "status"}),
		queries: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "paddock_http_request_queries", Help: "Statements per request, by route pattern.", Buckets: []float64{0, 3, 6, 9, 12, 16, 24, 48},
		}, []string{"route"}),
	}
	m.registry.MustRegister(m.took, m.queries, collectors.NewGoCollector(), hashes(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), databaseCollector{d})
	return m
}

func hashes() prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "paddock_password_hashes_total",
		Help: "Passwords hashed, to keep or to compare."}, func() float64 { return float64(auth.PasswordsHashed()) })
}

func (m *Metrics) request(l *line, v middleware.RequestLoggerValues) {
	route := cmp.Or(l.route, "none")
	m.took.WithLabelValues(knownMethod(v.Method), route, strconv.Itoa(v.Status)).Observe(v.Latency.Seconds())
	m.queries.WithLabelValues(route).Observe(float64(l.cost.Statements.Load()))
}

// knownMethod keeps what a client makes up from being a series of its own.
func knownMethod(m string) string {
	if slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodHead, http.MethodOptions,
		http.MethodPatch}, m) {
		return m
	}
	return "other"
}

// databaseCollector asks the database when it is scraped.
type databaseCollector struct{ db *db.DB }

var (
	connsDesc   = prometheus.NewDesc("paddock_pool_connections", "Connections of the pool, by state.", []string{"state"}, nil)
	waitsDesc   = prometheus.NewDesc("paddock_pool_waits_total", "How often a request waited for a connection.", nil, nil)
	waitedDesc  = prometheus.NewDesc("paddock_pool_wait_seconds_total", "How long requests waited for connections.", nil, nil)
	retiredDesc = prometheus.NewDesc("paddock_pool_retired_total",
		"Connections closed for knowing many tenants: what a backend remembers of each stays bounded.", nil, nil)
	budgetDesc = prometheus.NewDesc("paddock_pool_relations_per_connection_max",
		"How many tables and indexes of tenants a connection gets to know before it is closed: the bound of its backend’s memory.", nil, nil)
	tenantsDesc = prometheus.NewDesc("paddock_tenants", "Tenants, by state and version of their schema; spares are among them.",
		[]string{"state", "version"}, nil)
	jobsDesc = prometheus.NewDesc("paddock_jobs", "Jobs that are not completed, by state.", []string{"state"}, nil)
)

// Describe names nothing beforehand: what there is depends on the database.
func (databaseCollector) Describe(chan<- *prometheus.Desc) {}

// Collect asks once.
func (c databaseCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	s, err := c.db.Stats(ctx)
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(connsDesc, float64(s.Acquired), "acquired")
	gauge(connsDesc, float64(s.Idle), "idle")
	gauge(connsDesc, float64(s.Max), "max")
	out <- prometheus.MustNewConstMetric(waitsDesc, prometheus.CounterValue, float64(s.Waits))
	out <- prometheus.MustNewConstMetric(waitedDesc, prometheus.CounterValue, s.Waited.Seconds())
	gauge(budgetDesc, float64(s.Budget))
	out <- prometheus.MustNewConstMetric(retiredDesc, prometheus.CounterValue, float64(s.Retired))
	if err != nil {
		out <- prometheus.NewInvalidMetric(tenantsDesc, err)
		return
	}
	for _, t := range s.Tenants {
		gauge(tenantsDesc, float64(t.N), t.State, strconv.FormatInt(t.Version, 10))
	}
	for state, n := range s.Jobs {
		gauge(jobsDesc, float64(n), state)
	}
}

// Handler answers Prometheus on the operator's own port.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	return mux
}

// Profiles answers on a port of its own: they show what stands in memory, and take a
// core for as long as they are told, which is nothing for whoever may read metrics.
func Profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
