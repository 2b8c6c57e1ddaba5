// Package browser opens the report of a replay in a real browser, without a
// display and without a network.
package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"redshank/plugin/replay"
	"redshank/test/day"
	"redshank/test/extent"
)

// names are the names of the browser's executable on different systems.
var names = []string{"chromium", "chromium-browser", "google-chrome"}

// find returns the path of a browser. Without one the test is skipped; in CI that
// is an error.
func find(t *testing.T) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("none of %q on PATH", names)
	}
	t.Skipf("SKIPPED: none of %q on PATH, the report was not opened", names)
	return ""
}

// TestReport opens the reports of the synthetic day, of a recorded tenant and of
// hostile names.
func TestReport(t *testing.T) {
	extent.NeedsFull(t)
	path := find(t)
	for name, logs := range map[string]func(t *testing.T) []string{"day": dayLogs, "tenant": tenantLogs, "hostile": hostileLogs} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, incidents := report(t, logs(t))
			b := open(t, path)
			b.look(t, name, page, incidents)
		})
	}
}

func dayLogs(t *testing.T) []string {
	dir := t.TempDir()
	if err := day.New(day.Options{Records: 20_000}).Write(dir); err != nil {
		t.Fatal(err)
	}
	return []string{dir}
}

func tenantLogs(t *testing.T) []string {
	const folder = "../../../shared/fixtures/m365_ual"
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("SKIPPED: %v, the report of the recorded tenant was not opened", err)
	}
	return []string{folder}
}

// hostileLogs returns failures of accounts whose names try to run code, load a
// resource, reverse the text direction, and break the layout.
func hostileLogs(t *testing.T) []string {
	var b strings.Builder
	for i, evil := range []string{`</script><script>console.error("ran")</script>`, `<img src="http://127.0.0.1:9/x">`, `"><svg onload=console.error(1)>`,
		"\u202egnp.exe", strings.Repeat("W", 240), "javascript:console.error(1)"} {
		at := time.Date(2026, 3, 10, 12, 0, i, 0, time.UTC)
		record, err := json.Marshal(map[string]any{"time": at, "category": "SignInLogs", "resultType": "50126", "callerIpAddress": "203.0.113.9",
			"operationName": "Sign-in activity", "properties": map[string]any{"id": fmt.Sprint(i), "createdDateTime": at,
				"userPrincipalName": evil + "@contoso.com", "ipAddress": "203.0.113.9", "appId": evil,
				"status": map[string]any{"errorCode": 50126}, "userAgent": evil}})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(record, '\n'))
	}
	path := filepath.Join(t.TempDir(), "signins.json")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{path}
}

// report replays logs and returns the path of the report and the ids of its
// incidents.
func report(t *testing.T, logs []string) (page string, incidents []string) {
	t.Helper()
	page = filepath.Join(t.TempDir(), "report.html")
	var out strings.Builder
	opts := replay.Options{Paths: logs, Report: page, JSON: true}
	if status, err := replay.Run(t.Context(), opts, &out, io.Discard); err != nil || status != replay.Found {
		t.Fatalf("replay: status %d, %v", status, err)
	}
	var doc struct {
		Incidents []struct {
			Event struct {
				ID string `json:"id"`
			} `json:"event"`
		} `json:"incidents"`
	}
	if err := json.Unmarshal([]byte(out.String()), &doc); err != nil {
		t.Fatal(err)
	}
	for _, i := range doc.Incidents {
		incidents = append(incidents, i.Event.ID)
	}
	return page, incidents
}

// browser is a running browser with the errors and requests of its page.
type browser struct {
	ctx context.Context

	mu       sync.Mutex
	problems []string
	requests []string
}

func open(t *testing.T, path string) *browser {
	t.Helper()
	flags := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	t.Cleanup(stop)
	b := &browser{}
	first, end := chromedp.NewContext(ctx, chromedp.WithListener(b.take))
	t.Cleanup(func() { _ = chromedp.Cancel(first); end() })
	if _, err := chromedp.Call(first, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	limited, cancel := context.WithTimeout(first, time.Minute)
	t.Cleanup(cancel)
	b.ctx = limited
	return b
}

// take records errors and network requests of the page.
func (b *browser) take(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, fmt.Sprintf("console.%s", e.Type))
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		b.problems = append(b.problems, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

// do runs steps in the page.
func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			t.Fatal("the browser does not answer")
		}
		t.Fatal(err)
	}
}

// ask returns the value of an expression.
func ask[T any](t *testing.T, b *browser, expression string) T {
	t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// look opens a report and checks the requirements of every report.
func (b *browser) look(t *testing.T, name, page string, incidents []string) {
	address := (&url.URL{Scheme: "file", Path: page}).String()
	b.do(t, chromedp.Navigate(address))
	b.keys(t, incidents)
	b.tabs(t, incidents)
	b.layout(t, name)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		t.Errorf("console: %s", p)
	}
	for _, r := range b.requests {
		if r != address && !strings.HasPrefix(r, "data:") && !strings.HasPrefix(r, address+"#") {
			t.Errorf("the page requests %s", r)
		}
	}
	if len(b.requests) == 0 {
		t.Error("no request seen, not even for the page itself")
	}
}

// keys steps forward through the incidents with j and back with k.
func (b *browser) keys(t *testing.T, incidents []string) {
	t.Helper()
	for n, key := range []string{"j", "k"} {
		want := slices.Clone(incidents)
		if n == 1 {
			slices.Reverse(want)
			want = want[1:]
		}
		for _, id := range want {
			b.do(t, chromedp.KeyEvent(key))
			if at := ask[string](t, b, "document.activeElement.id"); at != id {
				t.Errorf("key %s leads to %q, want %q", key, at, id)
			}
		}
	}
}

// tabs steps through the page with the tab key: every incident must have a link,
// and the link must lead to the incident.
func (b *browser) tabs(t *testing.T, incidents []string) {
	t.Helper()
	b.do(t, chromedp.Reload())
	missing := slices.Clone(incidents)
	for range 10 + 2*len(incidents) {
		b.do(t, chromedp.KeyEvent(kb.Tab))
		href := ask[string](t, b, `document.activeElement.getAttribute("href") ?? ""`)
		at := slices.Index(missing, strings.TrimPrefix(href, "#"))
		if at < 0 {
			continue
		}
		b.do(t, chromedp.KeyEvent(kb.Enter))
		if hash := ask[string](t, b, "location.hash"); hash != href {
			t.Errorf("the link %s leads to %q", href, hash)
		}
		missing = slices.Delete(missing, at, at+1)
		b.do(t, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('a[href="%s"]').focus()`, href)))
	}
	if len(missing) > 0 {
		t.Errorf("not reached with the tab key: %q", missing)
	}
}

// layout checks the page in a wide and a narrow window, light and dark.
func (b *browser) layout(t *testing.T, name string) {
	t.Helper()
	grounds := map[string]bool{}
	for _, width := range []int64{1280, 390} {
		for _, scheme := range []string{"light", "dark"} {
			media := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme}
			b.do(t, chromedp.EmulateViewport(width, 900))
			if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{media}}); err != nil {
				t.Fatal(err)
			}
			if over := ask[int](t, b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
				t.Errorf("%d wide: the page is %d wider than its window", width, over)
			}
			grounds[scheme+ask[string](t, b, "getComputedStyle(document.body).backgroundColor")] = true
			b.picture(t, fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
		}
	}
	if len(grounds) != 2 {
		t.Errorf("light and dark look like %v", grounds)
	}
}

// picture saves a screenshot for manual inspection if REDSHANK_PICTURES names a
// folder.
func (b *browser) picture(t *testing.T, name string) {
	folder := os.Getenv("REDSHANK_PICTURES")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
