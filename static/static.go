// Package static serves the assets under names that carry their content's
// hash, so that browsers may keep them for ever.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

//go:embed files
var files embed.FS

//go:embed app.webmanifest
var manifest []byte // names its icons as static:NAME

var named = regexp.MustCompile(`static:[a-z0-9.-]+`)

// Prefix is where the handler is mounted.
const Prefix = "/static/"

type asset struct {
	contentType  string
	plain, gzips []byte
}

var (
	assets = map[string]asset{}  // by hashed name
	paths  = map[string]string{} // name → URL path
)

// The files are part of the program: a name that is missing or cannot be read
// is found the moment anything starts.
func init() { //nolint:gochecknoinits // pure: derived from embedded files alone
	entries, err := fs.ReadDir(files, "files")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		b, err := files.ReadFile("files/" + e.Name())
		if err != nil {
			panic(err)
		}
		kind := mime.TypeByExtension(path.Ext(e.Name()))
		switch e.Name() { // which not every machine knows
		case icon:
			kind = "image/x-icon"
		case "speculation.json":
			kind = "application/speculationrules+json"
		}
		add(e.Name(), kind, b)
	}
	assets[icon] = assets[strings.TrimPrefix(Path(icon), Prefix)]
	add("app.webmanifest", "application/manifest+json", named.ReplaceAllFunc(manifest, func(m []byte) []byte {
		return []byte(Path(strings.TrimPrefix(string(m), "static:")))
	}))
}

func add(name, kind string, b []byte) {
	sum := sha256.Sum256(b)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level is valid
	_, _ = w.Write(b)                                     // a bytes.Buffer takes everything
	_ = w.Close()
	assets[hashed] = asset{kind, b, z.Bytes()}
	paths[name] = Prefix + hashed
}

// icon is what browsers ask for by themselves, at this very path of every host.
const icon = "favicon.ico"

// Path returns the URL path of a file; it panics for one that is not there.
func Path(name string) string {
	p, ok := paths[name]
	if !ok {
		panic("static: no file " + name)
	}
	return p
}

// Serve answers a request under Prefix, and for /favicon.ico; false, with nothing written,
// for what is not there.
func Serve(w http.ResponseWriter, r *http.Request) bool {
	name, prefixed := strings.CutPrefix(r.URL.Path, Prefix)
	cache := "public, max-age=31536000, immutable"
	if r.URL.Path == "/"+icon {
		name, cache = icon, "public, max-age=86400"
	} else if !prefixed || name == icon {
		return false
	}
	a, ok := assets[name]
	if !ok {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", cache)
	h.Set("Vary", "Accept-Encoding")
	body := a.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.gzips
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that went away is no fault of ours
	}
	return true
}
