package source

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"redshank/analytics/event"
)

// mailsOf are the mails of the events of a record, as "id subject folder".
func mailsOf(t *testing.T, text string) (all []string) {
	t.Helper()
	set, err := New(Auto, testContent)
	if err != nil {
		t.Fatal(err)
	}
	set.Decode("t", native(t, text), func(ev *event.Event) {
		if ev.Mails != nil {
			ev.Mails.Mails(func(m *event.Mail) bool {
				all = append(all, strings.Join([]string{string(m.ID), string(m.Subject), string(m.Folder)}, " "))
				return true
			})
		}
	})
	return all
}

func TestMails(t *testing.T) {
	const graph = `{"category":"MicrosoftGraphActivityLogs","time":"2026-03-10T08:00:00Z","properties":{"requestMethod":"GET","requestUri":"https://graph.microsoft.com/v1.0/%s","responseStatusCode":200,"appId":"a","servicePrincipalId":"s","requestId":"r"}}`
	for name, c := range map[string]struct {
		record string
		want   []string
	}{
		"items of folders": {ualWith(`"Operation":"MailItemsAccessed","UserId":"a","Folders":[{"Path":"\\Inbox","FolderItems":[{"InternetMessageId":"<1@x>","SizeInBytes":5},{"Id":"AAMk1"}]},{"Path":"\\Sent","FolderItems":[{"InternetMessageId":"<2@x>","Subject":"Invoice"}]}]`),
			[]string{`<1@x>  \Inbox`, `AAMk1  \Inbox`, `<2@x> Invoice \Sent`}},
		"folders of a synchronisation": {ualWith(`"Operation":"MailItemsAccessed","UserId":"a","Folders":[{"Path":"\\Inbox"},{"Path":"\\Drafts"}]`), []string{`  \Inbox`, `  \Drafts`}},
		"folders in text":              {ualWith(`"Operation":"MailItemsAccessed","UserId":"a","Folders":"[{\"Path\":\"\\\\Inbox\",\"FolderItems\":[{\"InternetMessageId\":\"<1@x>\"}]}]"`), []string{`<1@x>  \Inbox`}},
		"one item":                     {ualWith(`"Operation":"Send","UserId":"a","Item":{"Id":"AAMk1","InternetMessageId":"<3@x>","Subject":"Re: pay","ParentFolder":{"Path":"\\Drafts"}}`), []string{`<3@x> Re: pay \Drafts`}},
		"affected items":               {ualWith(`"Operation":"SoftDelete","UserId":"a","AffectedItems":[{"Subject":"Alert","ParentFolder":{"Path":"\\Inbox"}}]`), []string{` Alert \Inbox`}},
		"nothing that identifies one":  {ualWith(`"Operation":"MailItemsAccessed","UserId":"a","Folders":[{"FolderItems":[1,{"x":1},null]},7],"Item":3`), nil},
		"a message of Graph":           {fmt.Sprintf(graph, "users/b@x.com/messages/AAMkAGI2="), []string{"AAMkAGI2=  "}},
		"an attachment":                {fmt.Sprintf(graph, "users/b@x.com/messages/AAMkAGI2=/attachments"), []string{"AAMkAGI2=  "}},
		"a page of messages":           {fmt.Sprintf(graph, "users/b@x.com/messages?$top=50"), nil},
	} {
		if got := mailsOf(t, c.record); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	many := ualWith(`"Operation":"MailItemsAccessed","UserId":"a","Folders":[{"Path":"x","FolderItems":[` + strings.Repeat(`{},`, 5000) + `{"Id":"late"}]}]`)
	if got := mailsOf(t, many); got != nil {
		t.Errorf("item 5,001 was looked for: %q", got)
	}
}
