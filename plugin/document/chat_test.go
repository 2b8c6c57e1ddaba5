package document

import (
	"encoding/json"
	"strings"
	"testing"
)

func chatText(t *testing.T, c Chat, hostile bool) string {
	t.Helper()
	a := fullAlert()
	if hostile {
		a.Valid[0].User = "<!channel> [click](https://evil.example) *bold* @here&"
		a.Message = strings.Repeat("<@U1>\x00", 2000)
	}
	doc, err := Form{Chat: c}.Alert(a)
	if err != nil || !json.Valid(doc) || len(doc) > 28<<10 {
		t.Fatalf("%d bytes, %v", len(doc), err)
	}
	return string(doc)
}

func TestSlack(t *testing.T) {
	var m slackMessage
	if err := json.Unmarshal([]byte(chatText(t, Slack, false)), &m); err != nil {
		t.Fatal(err)
	}
	if m.Text == "" || m.Blocks[0].Type != "header" || len(m.Blocks) != 6 {
		t.Errorf("%+v", m)
	}
	all := ""
	for _, b := range m.Blocks {
		if b.Text.Type != "plain_text" || b.Text.Text == "" || len(b.Text.Text) > 3000 || b.Type == "header" && len(b.Text.Text) > 150 {
			t.Errorf("%+v", b)
		}
		all += b.Text.Text
	}
	for _, want := range []string{"CRITICAL", "alice@contoso.com", "198.51.100.9", "1. Reset the password", "AN1269-20260302-5f0c2a"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
}

func TestTeams(t *testing.T) {
	var m teamsMessage
	if err := json.Unmarshal([]byte(chatText(t, Teams, false)), &m); err != nil {
		t.Fatal(err)
	}
	card := m.Attachments[0]
	if m.Type != "message" || card.ContentType != "application/vnd.microsoft.card.adaptive" || card.Content.Type != "AdaptiveCard" {
		t.Errorf("%+v", m)
	}
	for _, b := range card.Content.Body {
		if b.Type != "RichTextBlock" || b.Inlines[0].Type != "TextRun" || b.Inlines[0].Text == "" {
			t.Errorf("%+v", b)
		}
	}
}

// An attacker chooses account names, and so what stands in a chat.
func TestChatsTakeNoMarkup(t *testing.T) {
	for _, c := range []Chat{Slack, Teams} {
		doc := chatText(t, c, true)
		if strings.Contains(doc, `"mrkdwn"`) || strings.Contains(doc, `"TextBlock"`) {
			t.Error("text with markup")
		}
	}
	var m slackMessage
	a := fullAlert()
	a.User, a.Subject = nil, "<!channel>"
	doc, _ := Form{Chat: Slack}.Alert(a)
	if err := json.Unmarshal(doc, &m); err != nil || strings.Contains(m.Text, "<!") || !strings.Contains(m.Text, "&lt;!channel&gt;") {
		t.Errorf("notification %q %v", m.Text, err)
	}
}
