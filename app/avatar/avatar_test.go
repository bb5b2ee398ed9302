package avatar_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime/metrics"
	"testing"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/avatar"
)

// encoded is a picture of this size in each format that there is an encoder for.
func encoded(tb testing.TB, width, height int) map[string][]byte {
	tb.Helper()
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.White, color.Black})
	out := map[string][]byte{}
	for name, encode := range map[string]func(*bytes.Buffer) error{
		"png":  func(b *bytes.Buffer) error { return png.Encode(b, img) },
		"jpeg": func(b *bytes.Buffer) error { return jpeg.Encode(b, img, nil) },
		"gif":  func(b *bytes.Buffer) error { return gif.Encode(b, img, nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			tb.Fatal(err)
		}
		out[name] = b.Bytes()
	}
	return out
}

func TestMake(t *testing.T) {
	t.Parallel()
	for name, file := range encoded(t, 300, 200) {
		small, err := avatar.Make(t.Context(), uuid.Nil, file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c, format, err := image.DecodeConfig(bytes.NewReader(small)); err != nil || format != "png" || c.Width != 128 || c.Height != 128 {
			t.Errorf("%s becomes %s, %dx%d: %v", name, format, c.Width, c.Height, err)
		}
	}
	for name, file := range encoded(t, 4000, 4000) { // 16 megapixels in a few kilobytes
		if _, err := avatar.Make(t.Context(), uuid.Nil, file); !errors.Is(err, avatar.ErrImage) {
			t.Errorf("%s, too large: %v", name, err)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := avatar.Make(over, uuid.Nil, encoded(t, 300, 200)["png"]); !errors.Is(err, context.Canceled) {
		t.Errorf("for nobody who waits: %v", err)
	}
}

// allocated is how many bytes the process has allocated so far.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// Whatever the file, it costs no more than the largest picture that is allowed: 16
// bytes for each of its pixels, a few times.
func FuzzMake(f *testing.F) {
	for _, file := range encoded(f, 40, 30) {
		f.Add(file)
		f.Add(file[:len(file)/2])
	}
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "))
	f.Add([]byte("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"))
	f.Fuzz(func(t *testing.T, file []byte) {
		before := allocated()
		small, err := avatar.Make(t.Context(), uuid.Nil, file)
		if n := allocated() - before; n > 600<<20 {
			t.Errorf("%d bytes of a file cost %d of memory", len(file), n)
		}
		if err == nil && !bytes.HasPrefix(small, []byte("\x89PNG")) {
			t.Errorf("it becomes %q", small[:min(len(small), 8)])
		}
	})
}
