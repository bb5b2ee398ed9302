package wait

import (
	"flag"
)

// Parallel lets a package whose tests mostly wait (for programs to start and stop,
// for another try) run n at once, however few the cores; -parallel overrides it.
// Its TestMain calls it.
func Parallel(n string) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "test.parallel" })
	if !set {
		_ = flag.Set("test.parallel", n) // the flag is there
	}
}
