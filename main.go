// Paddock is a CRM that gives every team a workspace of its own.
package main

import (
	"os"

	"github.com/paddock-crm/paddock/app/cli"
)

func main() {
	os.Exit(cli.Run(os.Args[1:], os.Stdout, os.Stderr))
}
