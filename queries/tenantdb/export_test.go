package tenantdb

// CustomerListSQL is the query of a page, for tests that look at its plan.
func CustomerListSQL(f CustomerFilter, p Page) (string, []any, error) {
	return customerList.query(f.conditions(), p)
}
