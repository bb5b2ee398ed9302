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

// A photograph is upright however the camera was held, as its EXIF data says.
func TestOrientation(t *testing.T) {
	t.Parallel()
	// by corner: top left, top right, bottom left, bottom right
	upright := [4]color.RGBA{{220, 30, 30, 255}, {30, 200, 30, 255}, {30, 30, 220, 255}, {230, 230, 230, 255}}
	// Which corner of the upright picture each corner of the file holds (EXIF 2.3, 0x0112).
	for orientation, held := range map[byte][4]int{1: {0, 1, 2, 3}, 2: {1, 0, 3, 2}, 3: {3, 2, 1, 0}, 4: {2, 3, 0, 1}, 5: {0, 2, 1, 3},
		6: {1, 3, 0, 2}, 7: {3, 1, 2, 0}, 8: {2, 0, 3, 1}} {
		img := image.NewRGBA(image.Rect(0, 0, 64, 64))
		for y := range 64 {
			for x := range 64 {
				img.SetRGBA(x, y, upright[held[x/32+2*(y/32)]])
			}
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
			t.Fatal(err)
		}
		exif := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string([]byte{orientation}) +
			"\x00\x00\x00\x00\x00\x00\x00")
		file := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
		file = append(file, b.Bytes()[2:]...)
		small, err := avatar.Make(t.Context(), uuid.Nil, file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(small))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range upright {
			r, g, b, _ := got.At(32+64*(i%2), 32+64*(i/2)).RGBA()
			if near := func(a uint32, b uint8) bool { return int(a>>8)-int(b) < 20 && int(b)-int(a>>8) < 20 }; !near(r, want.R) ||
				!near(g, want.G) || !near(b, want.B) {
				t.Errorf("orientation %d: corner %d is %d, %d, %d, want %v", orientation, i, r>>8, g>>8, b>>8, want)
			}
		}
		if bytes.Contains(small, []byte("Exif")) {
			t.Error("its metadata stays")
		}
	}
}
