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
	"strconv"
	"strings"
)

//go:embed files
var files embed.FS

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
		sum := sha256.Sum256(b)
		ext := path.Ext(e.Name())
		hashed := strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		var z bytes.Buffer
		w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level is valid
		_, _ = w.Write(b)                                     // a bytes.Buffer takes everything
		_ = w.Close()
		assets[hashed] = asset{mime.TypeByExtension(ext), b, z.Bytes()}
		paths[e.Name()] = Prefix + hashed
	}
}

// Path returns the URL path of a file; it panics for one that is not there.
func Path(name string) string {
	p, ok := paths[name]
	if !ok {
		panic("static: no file " + name)
	}
	return p
}

// Serve answers a request under Prefix; false, with nothing written, for what
// is not there.
func Serve(w http.ResponseWriter, r *http.Request) bool {
	a, ok := assets[strings.TrimPrefix(r.URL.Path, Prefix)]
	if !ok {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
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
