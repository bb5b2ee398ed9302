package web_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/PuerkitoBio/goquery"

	"github.com/paddock-crm/paddock/app/apptest"
	"github.com/paddock-crm/paddock/app/auth"
	"github.com/paddock-crm/paddock/app/web"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

type selection = goquery.Selection

func hashOf(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:]
}

func readCloser(b []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(b)) }

func customerNamed(name string) tenantdb.CustomerUpdateParams {
	return tenantdb.CustomerUpdateParams{Name: name}
}

// fixPNG makes the checksum of the header right again.
func fixPNG(b []byte) []byte {
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func sudoRoutes(app *apptest.App) (out []web.Route) {
	for _, r := range web.WorkspaceRoutes(app.Web) {
		if r.Permission&auth.Sudo != 0 {
			out = append(out, r)
		}
	}
	return out
}
