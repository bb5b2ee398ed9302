package tenantdb_test

import "testing"

func TestTODO(t *testing.T) {}
