package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// destination is where a file is written: standard output for -, a device or pipe as it
// is, and else a file beside the one that is meant (beside what a link leads to), which
// takes its place when it is whole. keep ends it, and returns what went wrong.
func destination(ctx context.Context, name string, out io.Writer) (to io.Writer, keep func(error) error, err error) {
	if name == "-" {
		return out, func(err error) error { return err }, nil
	}
	info, err := os.Stat(name)
	if stdout, serr := os.Stdout.Stat(); err == nil && serr == nil && os.SameFile(info, stdout) {
		return out, func(err error) error { return err }, nil // by another name, such as /dev/stdout
	}
	if err == nil && info.Mode().Type() != 0 {
		if info.IsDir() {
			return nil, nil, fmt.Errorf("%s is a directory: name a file in it", name)
		}
		return through(ctx, name)
	}
	if in, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil && strings.HasPrefix(in, "/proc/") {
		return nil, nil, fmt.Errorf("%s is a file that another program writes to: name the file itself, or - for standard output", name)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	if info != nil {
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return nil, nil, err
		}
	} else if _, err := os.Lstat(name); err == nil {
		return nil, nil, fmt.Errorf("%s is a link to what is not there", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".paddock-export-")
	if err != nil {
		return nil, nil, fmt.Errorf("%s can’t be written beside: %s: %w", name, filepath.Dir(name), errors.Unwrap(err))
	}
	return f, func(err error) error {
		if info != nil { // who could read it, and who could not
			err = errors.Join(err, f.Chmod(info.Mode().Perm()))
		}
		if err = errors.Join(err, f.Close()); err == nil {
			err = os.Rename(f.Name(), name)
		}
		if err != nil {
			_ = os.Remove(f.Name())
		}
		return err
	}, nil
}

// through opens a device or pipe, and stops waiting for whoever reads it when ctx ends.
func through(ctx context.Context, name string) (io.Writer, func(error) error, error) {
	for {
		f, err := os.OpenFile(name, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if errors.Is(err, syscall.ENXIO) { // a pipe that nobody reads yet
			select {
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		stop := context.AfterFunc(ctx, func() { _ = f.SetWriteDeadline(time.Now()) }) // what has no deadline does not wait
		return f, func(err error) error {
			stop()
			return errors.Join(err, f.Close())
		}, nil
	}
}
