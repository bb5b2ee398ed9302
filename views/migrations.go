package views

// MigrationsPage shows the versions of the schemas.
type MigrationsPage struct {
	Console
	Shared, SharedLatest, TenantLatest int64
	Versions                           []VersionLine
	Failed                             []FailedMigration
}

// VersionLine is how many tenants of a state are at a version.
type VersionLine struct {
	Version int64
	State   string
	N       int
}

// FailedMigration is a tenant whose migration has failed.
type FailedMigration struct {
	Slug, Schema, Error string
	At                  int64 // the version that it is at
}
