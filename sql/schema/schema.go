// Package schema embeds the migrations of both tracks.
package schema

import (
	"embed"
	"io/fs"
)

//go:embed shared/*.sql tenant/*.sql
var files embed.FS

// Superuser is what a superuser runs once in a database, and again after a restore.
//
//go:embed superuser.sql
var Superuser string

// Shared returns the migrations of the shared schema, public.
func Shared() fs.FS { return sub("shared") }

// Tenant returns the migrations that every tenant schema gets.
func Tenant() fs.FS { return tenant }

var tenant = sub("tenant")

// SetTenant puts another tenant track in the place of ours: for a test that has a kind of
// record of its own, before the packages that read the track are initialised.
func SetTenant(track fs.FS) { tenant = track }

func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // the directory is embedded above
	}
	return f
}
