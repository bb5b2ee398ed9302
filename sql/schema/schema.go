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
func Tenant() fs.FS { return sub("tenant") }

func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // the directory is embedded above
	}
	return f
}
