// Package avatar makes the small pictures of people, of whatever image they have.
package avatar

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/gif"  // decoder
	_ "image/jpeg" // decoder
	"image/png"
	"io"
	"time"

	"github.com/bep/imagemeta"
	"github.com/google/uuid"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // decoder

	"github.com/paddock-crm/paddock/app/budget"
)

// Bounds of what is decoded. They are looked at first, for a small file can hold a
// huge image.
const (
	size     = 128        // pixels, each way
	maxInput = 12_600_000 // pixels in all, of up to 16 bytes each while they are decoded
	// maxScans is how often a progressive JPEG may go over its pixels; encoders write
	// some ten scans, and one of thousands takes a core for as many times as long.
	maxScans = 64
	// maxWait is how long one may wait for a slot, maxTime how long it may take.
	maxWait = 30 * time.Second
	maxTime = 10 * time.Second
)

// decoding: one at a time, and of one workspace one waits for that.
var decoding = budget.New(1, 1)

// ErrImage is answered for what is no PNG, JPEG, GIF or WebP image, or too large a
// one.
var ErrImage = errors.New("avatar: no image, or too large a one")

// Make returns a small square PNG of an image's middle: nothing else that was in the
// file. The work is the workspace's. It answers ErrImage, a decoder's error, and the
// context's where no slot came free.
func Make(ctx context.Context, tenantID uuid.UUID, file []byte) ([]byte, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, errors.Join(ErrImage, err)
	}
	if format == "jpeg" && scans(file) > maxScans || config.Width <= 0 || config.Height <= 0 || config.Width > maxInput/config.Height {
		return nil, ErrImage
	}
	wait, done := context.WithTimeout(ctx, maxWait)
	defer done()
	release, err := decoding.Acquire(wait, tenantID, 1)
	if err != nil {
		return nil, err
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	full, _, err := image.Decode(cancelled{ctx, bytes.NewReader(file)})
	if ctx.Err() != nil {
		return nil, ctx.Err() // of no fault of the picture's that is known
	}
	if err != nil {
		return nil, errors.Join(ErrImage, err)
	}
	b := full.Bounds() // the middle square of it
	side := min(b.Dx(), b.Dy())
	at := image.Pt(b.Min.X+(b.Dx()-side)/2, b.Min.Y+(b.Dy()-side)/2)
	small := image.NewRGBA(image.Rect(0, 0, size, size))
	draw.CatmullRom.Scale(small, small.Bounds(), full, image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}, draw.Over, nil)
	var out bytes.Buffer
	err = png.Encode(&out, upright(small, orientation(format, file)))
	return out.Bytes(), err
}

// formats are those that say how the camera was held.
var formats = map[string]imagemeta.ImageFormat{"jpeg": imagemeta.JPEG, "png": imagemeta.PNG, "webp": imagemeta.WebP}

// orientation is how a picture is to be turned (EXIF 2.3, tag 0x0112): 1, as it is, for
// what does not say.
func orientation(format string, file []byte) (n int) {
	of, ok := formats[format]
	if !ok {
		return 1
	}
	n = 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(file), ImageFormat: of, Sources: imagemeta.EXIF, LimitNumTags: 200, Timeout: time.Second,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Tag == "Orientation" && t.Namespace == "IFD0" },
		HandleTag: func(t imagemeta.TagInfo) error {
			switch v := t.Value.(type) { // some cameras write a long
			case uint16:
				n = int(v)
			case uint32:
				n = int(min(v, 9))
			}
			if n < 1 || n > 8 {
				n = 1
			}
			return imagemeta.ErrStopWalking
		},
	})
	if err != nil {
		return 1 // what can't be read of a picture that can says nothing
	}
	return n
}

// upright turns a square picture as its orientation says: mirrored first, then round.
func upright(img *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 {
		return img
	}
	out := image.NewRGBA(img.Rect)
	last := img.Rect.Dx() - 1
	for y := range last + 1 {
		for x := range last + 1 {
			from := image.Pt(x, y) // where the pixel at x, y comes from
			switch orientation {
			case 2:
				from = image.Pt(last-x, y)
			case 3:
				from = image.Pt(last-x, last-y)
			case 4:
				from = image.Pt(x, last-y)
			case 5:
				from = image.Pt(y, x)
			case 6:
				from = image.Pt(y, last-x)
			case 7:
				from = image.Pt(last-y, last-x)
			case 8:
				from = image.Pt(last-y, x)
			}
			out.SetRGBA(x, y, img.RGBAAt(from.X, from.Y))
		}
	}
	return out
}

// scans counts a JPEG's: in what lies between its markers FF is followed by 00.
func scans(file []byte) int { return bytes.Count(file, []byte{0xff, 0xda}) }

// cancelled is a reader that ends with a context, and so a decoder's work does.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (r cancelled) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p[:min(len(p), 4<<10)])
}
