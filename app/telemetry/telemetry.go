// Package telemetry sends traces to an OpenTelemetry collector: of requests, of
// the statements in them, and of the jobs they had done.
package telemetry

import (
	"context"
	"fmt"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/paddock-crm/paddock/app/db"
)

// Start sends traces by OTLP over HTTP to where OTEL_EXPORTER_OTLP_ENDPOINT
// says; the exporter reads the other OTEL_… variables of the specification by
// itself (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). stop
// sends what is left.
func Start(ctx context.Context, version string) (stop func(context.Context) error, err error) {
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "paddock"),
		attribute.String("service.version", version)),
		resource.WithHost(), resource.WithProcessPID(), resource.WithFromEnv())
	if err != nil {
		return nil, err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return provider.Shutdown, nil
}

// QueryTracer makes a span of each statement, called as sqlc calls it. Its
// arguments stay out: they are what people typed.
func QueryTracer() pgx.QueryTracer {
	return otelpgx.NewTracer(otelpgx.WithSpanNameFunc(db.QueryName), otelpgx.WithDisableAcquireTracer())
}
