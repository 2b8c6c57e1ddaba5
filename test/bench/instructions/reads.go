package main

import (
	"fmt"
	"time"
)

// reads are records of an application that reads the mailboxes of one tenant, each from
// another address: every record gives several new signals of AN0131.
func reads() (chunks []chunk) {
	const form = `{"CreationTime":%q,"Id":"%08d","Operation":"MailItemsAccessed","RecordType":50,"ResultStatus":"Succeeded","UserType":0,` +
		`"Workload":"Exchange","UserId":"user%d@contoso.com","AppId":"0f3c2a5e-0000-4000-8000-00000000000a","ClientIPAddress":"198.18.%d.%d",` +
		`"ClientInfoString":"Client=REST;;","LogonType":0,"MailboxOwnerUPN":"owner%d@contoso.com","SessionId":"s%d","OperationCount":3,` +
		`"OperationProperties":[{"Name":"MailAccessType","Value":"Bind"}],"Folders":[{"Path":"\\Inbox","FolderItems":[{"InternetMessageId":"<%d@contoso.com>"}]}]}`
	start := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	for i := range 3000 {
		at := start.Add(time.Duration(i) * time.Second).Format("2006-01-02T15:04:05")
		chunks = add(chunks, "ual", fmt.Appendf(nil, form, at, i, i%8, i/250, i%250, i%1000, i, i), true)
	}
	return chunks
}
