// Package browser holds the tests that drive a real Chromium through the
// product: journeys of people, the keyboard, life without a script, and axe on
// every page. They stand apart from app/web's so that they can run without the
// race detector, which has nothing to find in a browser.
package browser
