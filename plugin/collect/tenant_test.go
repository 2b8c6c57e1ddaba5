package collect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testTenant = "11111111-2222-3333-4444-555555555555"
	testClient = "66666666-7777-8888-9999-000000000000"
	testSecret = "s3cret~value"
	pageLength = 3 // of listings
)

// noon is the time of the tests.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// tenant imitates the token endpoint and both interfaces.
type tenant struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	now      time.Time
	blobs    []blob
	signIns  []signIn
	enabled  map[string]bool
	tokens   int        // issued so far; the last one is valid
	form     url.Values // of the last request for a token
	requests []string   // method and path
	// spoils are tried in order before an answer is made.
	spoils []*spoil
}

type blob struct {
	id, contentType string
	created         time.Time
	records         []string
}

type signIn struct {
	id, kind string
	created  time.Time
}

// spoil answers the next times requests whose path contains part.
type spoil struct {
	part   string
	times  int
	answer func(w http.ResponseWriter, r *http.Request)
}

func newTenant(t *testing.T) *tenant {
	s := &tenant{t: t, now: noon, enabled: map[string]bool{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// spoil makes the next times requests whose path contains part fail.
func (s *tenant) spoil(part string, times int, answer func(http.ResponseWriter, *http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoils = append(s.spoils, &spoil{part, times, answer})
}

// add adds a blob with n audit records.
func (s *tenant) add(id string, created time.Time, n int) (ids []string) {
	b := blob{id: id, contentType: "Audit.Exchange", created: created}
	for i := range n {
		ids = append(ids, fmt.Sprintf("%s-%d", id, i))
		b.records = append(b.records, fmt.Sprintf("{\"Id\": %q,\n \"Operation\": \"MailItemsAccessed\"}", ids[i]))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs = append(s.blobs, b)
	return ids
}

func (s *tenant) signIn(id string, created time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signIns = append(s.signIns, signIn{id, "interactiveUser", created})
}

// count returns how many requests had part in method and path.
func (s *tenant) count(part string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if strings.Contains(r, part) {
			n++
		}
	}
	return n
}

func (s *tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	for _, each := range s.spoils {
		if each.times > 0 && strings.Contains(r.URL.Path, each.part) {
			each.times--
			each.answer(w, r)
			return
		}
	}
	s.answer(w, r)
}

func (s *tenant) answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/"+testTenant+"/oauth2/v2.0/token" {
		s.token(w, r)
		return
	}
	if r.Header.Get("Authorization") != "Bearer token-"+strconv.Itoa(s.tokens) {
		refuse(w, http.StatusUnauthorized, "AF10001", "token")
		return
	}
	const feed = "/api/v1.0/" + testTenant + "/activity/feed/"
	q := r.URL.Query()
	if strings.HasPrefix(r.URL.Path, feed) && q.Get("PublisherIdentifier") != testTenant {
		s.t.Errorf("no PublisherIdentifier: %s", r.URL)
	}
	switch path := strings.TrimPrefix(r.URL.Path, feed); {
	case path == "subscriptions/list":
		list := []map[string]any{}
		for name, on := range s.enabled {
			list = append(list, map[string]any{"contentType": name, "status": map[bool]string{true: "enabled", false: "disabled"}[on], "webhook": nil})
		}
		_ = json.NewEncoder(w).Encode(list)
	case path == "subscriptions/start" && r.Method == http.MethodPost:
		s.enabled[q.Get("contentType")] = true
		fmt.Fprint(w, `{"status":"enabled"}`)
	case path == "subscriptions/content":
		s.list(w, q)
	case strings.HasPrefix(path, "audit/"):
		s.blob(w, strings.TrimPrefix(path, "audit/"))
	case path == "/beta/auditLogs/signIns":
		s.page(w, q)
	default:
		refuse(w, http.StatusNotFound, "NotFound", r.URL.Path)
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%q,"message":%q}}`, code, message)
}

func (s *tenant) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.form = r.PostForm
	w.Header().Set("Content-Type", "application/json")
	if secret := r.PostForm.Get("client_secret"); secret != testSecret && r.PostForm.Get("client_assertion") == "" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}`)
		return
	}
	s.tokens++
	fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"token-%d"}`, s.tokens)
}

// list answers a listing of content in pages, as strictly as the service.
func (s *tenant) list(w http.ResponseWriter, q url.Values) {
	if !s.enabled[q.Get("contentType")] {
		refuse(w, http.StatusBadRequest, "AF20022", "No subscription found for the specified content type.")
		return
	}
	from, err1 := time.Parse("2006-01-02T15:04:05", q.Get("startTime"))
	to, err2 := time.Parse("2006-01-02T15:04:05", q.Get("endTime"))
	if err1 != nil || err2 != nil || to.Sub(from) > 24*time.Hour || to.Before(from) || from.Before(s.now.Add(-7*24*time.Hour)) {
		refuse(w, http.StatusBadRequest, "AF20055", "Start time and end time must both be specified.")
		return
	}
	var all []map[string]any
	for _, b := range s.blobs {
		if b.contentType == q.Get("contentType") && !b.created.Before(from) && b.created.Before(to) && !b.created.After(s.now) {
			all = append(all, map[string]any{
				"contentType": b.contentType, "contentId": b.id, "contentCreated": b.created,
				"contentExpiration": b.created.Add(7 * 24 * time.Hour),
				"contentUri":        s.URL + "/api/v1.0/" + testTenant + "/activity/feed/audit/" + b.id,
			})
		}
	}
	begin, _ := strconv.Atoi(q.Get("nextPage"))
	end := min(begin+pageLength, len(all))
	if end < len(all) {
		q.Set("nextPage", strconv.Itoa(end))
		w.Header().Set("NextPageUri", s.URL+"/api/v1.0/"+testTenant+"/activity/feed/subscriptions/content?"+q.Encode())
	}
	page := append([]map[string]any{}, all[begin:end]...)
	_ = json.NewEncoder(w).Encode(page)
}

func (s *tenant) blob(w http.ResponseWriter, id string) {
	for _, b := range s.blobs {
		if b.id == id {
			if s.now.Sub(b.created) > 7*24*time.Hour {
				refuse(w, http.StatusBadRequest, "AF20051", "Content requested with the key has already expired.")
				return
			}
			fmt.Fprintf(w, "[%s]", strings.Join(b.records, ",\n"))
			return
		}
	}
	refuse(w, http.StatusBadRequest, "AF20050", "The specified content does not exist.")
}

// page answers a page of sign-ins, the newest first.
func (s *tenant) page(w http.ResponseWriter, q url.Values) {
	var from, to, kind string
	const form = "createdDateTime ge %s and createdDateTime le %s and signInEventTypes/any(t: t eq %s"
	if n, _ := fmt.Sscanf(q.Get("$filter"), form, &from, &to, &kind); n != 3 {
		refuse(w, http.StatusBadRequest, "BadRequest", "filter "+q.Get("$filter"))
		return
	}
	var all []signIn
	for _, each := range s.signIns {
		at := each.created.Format(time.RFC3339)
		if at >= from && at <= to && strings.Trim(kind, "')") == each.kind {
			all = append(all, each)
		}
	}
	slices.SortFunc(all, func(a, b signIn) int { return b.created.Compare(a.created) })
	begin, _ := strconv.Atoi(q.Get("$skiptoken"))
	end := min(begin+pageLength, len(all))
	answer := map[string]any{"@odata.context": "signIns", "value": []any{}}
	if end < len(all) {
		q.Set("$skiptoken", strconv.Itoa(end))
		answer["@odata.nextLink"] = s.URL + "/beta/auditLogs/signIns?" + q.Encode()
	}
	var value []any
	for _, each := range all[begin:end] {
		value = append(value, map[string]any{"id": each.id, "createdDateTime": each.created, "userPrincipalName": "alice@contoso.com", "status": map[string]any{"errorCode": 0}})
	}
	if value != nil {
		answer["value"] = value
	}
	_ = json.NewEncoder(w).Encode(answer)
}
