package cli_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Who may import whom stands in docs/architecture.md for people and in .golangci.yml for the
// linter: the two say the same, of every room that there is.
func TestRooms(t *testing.T) {
	t.Parallel()
	const module = "github.com/paddock-crm/paddock/"
	root := filepath.Join("..", "..")
	doors := []string{"net/http", "database/sql", "github.com/jackc/pgx/v5/pgxpool"} // which a room is let through by name
	document, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	table := map[string][]string{}
	_, rest, _ := strings.Cut(string(document), "\n| room | rooms that it may import | libraries |\n|---|---|---|\n")
	rows, _, _ := strings.Cut(rest, "\n\n")
	for row := range strings.Lines(rows) {
		cells := strings.Split(strings.TrimSpace(row), "|")
		if len(cells) != 5 {
			t.Fatalf("not a row of three cells: %s", row)
		}
		may := []string{}
		for i, cell := range cells[2:4] {
			for name := range strings.SplitSeq(cell, ",") {
				if name = strings.TrimSpace(name); name == "" {
					continue
				}
				host, _, path := strings.Cut(name, "/")
				switch {
				case i == 0:
					name = module + name + "$"
				case path && !strings.Contains(host, ".") && !slices.Contains(doors, name):
					name = "github.com/" + name
				}
				may = append(may, name)
			}
		}
		slices.Sort(may)
		table[strings.TrimSpace(cells[1])] = may
	}

	file, err := os.ReadFile(filepath.Join(root, ".golangci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]struct {
						Files    []string `yaml:"files"`
						ListMode string   `yaml:"list-mode"`
						Allow    []string `yaml:"allow"`
						Deny     []struct {
							Pkg string `yaml:"pkg"`
						} `yaml:"deny"`
					} `yaml:"rules"`
				} `yaml:"depguard"`
			} `yaml:"settings"`
		} `yaml:"linters"`
	}
	if err := yaml.Unmarshal(file, &config); err != nil {
		t.Fatal(err)
	}
	rules := map[string][]string{}
	for name, rule := range config.Linters.Settings.Depguard.Rules {
		if rule.ListMode != "strict" || len(rule.Files) != 2 || rule.Files[1] != "!$test" {
			t.Errorf("the list of %s is not a strict one of one room: %s %v", name, rule.ListMode, rule.Files)
			continue
		}
		room := strings.TrimSuffix(strings.TrimPrefix(rule.Files[0], "**/"), "/*.go")
		may := slices.Clone(doors)
		for _, d := range rule.Deny {
			may = slices.DeleteFunc(may, func(p string) bool { return p == d.Pkg })
		}
		for _, p := range rule.Allow {
			if p != "$gostd" && p != "github.com/google/uuid" {
				may = append(may, p)
			}
		}
		slices.Sort(may)
		rules[room] = may
	}

	rooms := []string{"main.go"}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(rel, ".") && rel != "." || rel == "tools" || rel == "app/apptest" || rel == "app/bench"):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(rel, ".go") && !strings.HasSuffix(rel, "_test.go") && strings.Contains(rel, "/"):
			if room := filepath.ToSlash(filepath.Dir(rel)); !slices.Contains(rooms, room) && room != "app/web/browser" {
				rooms = append(rooms, room)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(rooms)
	if told := slices.Sorted(maps.Keys(table)); !slices.Equal(told, rooms) {
		t.Errorf("rooms of the table: %v\nthere are: %v", told, rooms)
	}
	for room, may := range table {
		if !slices.Equal(may, rules[room]) {
			t.Errorf("%s may import, says the table: %v\nthe linter: %v", room, may, rules[room])
		}
	}
	for room := range rules {
		if table[room] == nil {
			t.Errorf("the linter knows a room %s, and the table does not", room)
		}
	}
}
