// Package pages has drafts of the operator's own pages. Development shows them; whoever runs a
// Paddock for others copies them, makes them true and names their directory in PADDOCK_PAGES.
package pages

import "embed"

// Drafts are the files, named after their paths.
//
//go:embed *.md
var Drafts embed.FS
