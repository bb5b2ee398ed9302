package page

import (
	"errors"

	"github.com/labstack/echo/v4"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/tenant"
)

// SlugProblem says what is wrong with a slug, "" for any other error.
func SlugProblem(err error) string {
	switch {
	case errors.Is(err, tenant.ErrSlugMalformed):
		return "Use 3 to 40 small letters, digits and single hyphens, starting with a letter."
	case errors.Is(err, tenant.ErrSlugReserved):
		return "This address is reserved. Choose another."
	case errors.Is(err, tenant.ErrSlugTaken):
		return "This address is taken. Choose another."
	}
	return ""
}

// CheckSlug tells in the form when the slug cannot be had, so that one sees all
// mistakes at once.
func CheckSlug(c echo.Context, d *db.DB, f *Form) error {
	ctx := c.Request().Context()
	if f.Errors["slug"] != "" {
		return nil
	}
	err := d.SharedRead(ctx, func(tx *db.SharedTx) error { return tenant.CheckSlug(ctx, tx, f.Values["slug"]) })
	if p := SlugProblem(err); p != "" {
		f.Fail("slug", p)
		return nil
	}
	return err
}
