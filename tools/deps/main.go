// Command deps lists what the program is built of: each module with its version, the
// day that was released, and its licences as the bill of materials (task sbom) tells
// them. A module whose licence was not recognised, or whose version is older than
// three years, is marked.
//
//	go list -deps -json=Module . | deps SBOM
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

type module struct {
	Path, Version string
	Time          *time.Time
	Replace       *module
}

type licensed struct {
	License struct{ ID, Name string }
}

type component struct {
	Name     string
	Licenses []licensed
	Evidence struct{ Licenses []licensed }
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "deps:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: go list -deps -json=Module . | deps SBOM")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	var bill struct{ Components []component }
	if err := json.Unmarshal(text, &bill); err != nil {
		return err
	}
	licences := map[string][]string{}
	for _, c := range bill.Components {
		for _, l := range append(c.Licenses, c.Evidence.Licenses...) {
			licences[c.Name] = append(licences[c.Name], l.License.ID+l.License.Name)
		}
	}
	modules := map[string]module{}
	for d := json.NewDecoder(os.Stdin); ; {
		var p struct{ Module *module }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if m := p.Module; m != nil && m.Version != "" {
			if m.Replace != nil {
				m = m.Replace
			}
			modules[m.Path] = *m
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	unknown, old := 0, 0
	paths := make([]string, 0, len(modules))
	for path := range modules {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		m := modules[path]
		released, mark := "unknown", ""
		if m.Time != nil {
			released = m.Time.Format(time.DateOnly)
			if time.Since(*m.Time) > 3*365*24*time.Hour {
				old++
				mark = "  older than three years"
			}
		}
		slices.Sort(licences[path])
		licence := strings.Join(slices.Compact(licences[path]), ", ")
		if licence == "" {
			unknown++
			licence = "not recognised: read its LICENSE"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s%s\n", path, m.Version, released, licence, mark)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Printf("\n%d modules; %d older than three years; the licence of %d was not recognised\n", len(modules), old, unknown)
	return err
}
