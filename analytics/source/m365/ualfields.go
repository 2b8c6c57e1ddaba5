package m365

import (
	"redshank/analytics/ascii"
	"redshank/analytics/event"
	"redshank/analytics/record"
	"redshank/analytics/source/format"
)

// UAL reads the unified audit log of Microsoft 365: from the management API,
// searches and exports of Purview, and Sentinel's OfficeActivity. Sign-ins are in
// ualsignin.go, mail and administration in ualmail.go.
type UAL struct {
	// The positions of the fields of the current record. Claims finds them, and
	// Decode, which always follows immediately, uses them, so the record is walked
	// once.
	at     [len(ualNames)]uint32
	fields *record.Index
	in     *format.Input // of the current record, for Mails
	detail detail

	operation func(name []byte) event.Operation
}

// The fields, found without regard to case. OfficeActivity has different names for
// some.
const (
	ualOperation = iota
	ualRecordType
	ualWorkload
	ualOfficeWorkload
	ualCreationTime
	ualStartTime
	ualTimeGenerated
	ualCreationDate
	ualTimestamp
	ualAuditData
	ualID
	ualOfficeID
	ualSourceRecordID
	ualIntraSystemID
	ualUserID
	ualUserKey
	ualLogonSID
	ualActor
	ualClientIP
	ualClientIPAddress
	ualClientIPOffice
	ualActorIP
	ualResultStatus
	ualErrorNumber
	ualLogonError
	ualApplicationID
	ualExtendedProperties
	ualDeviceProperties
	ualAppAccess
	ualSessionID
	ualAppID
	ualClientAppID
	ualClientInfo
	ualMailboxOwner
	ualOperationProperties
	ualOperationCount
	ualFolders
	ualAffectedItems
	ualItem
	ualParameters
	ualModifiedProperties
	ualObjectID
	ualOfficeObjectID
	ualServer
	ualQueryText
	ualUserAgent
	ualLogonType
	ualLogonTypeOffice
	ualLastAccessed
	ualOperationResult
	ualIdentity
	ualDisplayName
	ualCmdletName
	ualCmdletParameters
	ualCaller
	ualRunDate
	ualSucceeded
)

var ualNames = [...]string{
	ualOperation:           "Operation",
	ualRecordType:          "RecordType",
	ualWorkload:            "Workload",
	ualOfficeWorkload:      "OfficeWorkload",
	ualCreationTime:        "CreationTime",
	ualStartTime:           "Start_Time",
	ualTimeGenerated:       "TimeGenerated",
	ualCreationDate:        "CreationDate",
	ualTimestamp:           "@timestamp",
	ualAuditData:           "AuditData",
	ualID:                  "Id",
	ualOfficeID:            "OfficeId",
	ualSourceRecordID:      "SourceRecordId",
	ualIntraSystemID:       "IntraSystemId",
	ualUserID:              "UserId",
	ualUserKey:             "UserKey",
	ualLogonSID:            "LogonUserSid",
	ualActor:               "Actor",
	ualClientIP:            "ClientIP",
	ualClientIPAddress:     "ClientIPAddress",
	ualClientIPOffice:      "Client_IPAddress",
	ualActorIP:             "ActorIpAddress",
	ualResultStatus:        "ResultStatus",
	ualErrorNumber:         "ErrorNumber",
	ualLogonError:          "LogonError",
	ualApplicationID:       "ApplicationId",
	ualExtendedProperties:  "ExtendedProperties",
	ualDeviceProperties:    "DeviceProperties",
	ualAppAccess:           "AppAccessContext",
	ualSessionID:           "SessionId",
	ualAppID:               "AppId",
	ualClientAppID:         "ClientAppId",
	ualClientInfo:          "ClientInfoString",
	ualMailboxOwner:        "MailboxOwnerUPN",
	ualOperationProperties: "OperationProperties",
	ualOperationCount:      "OperationCount",
	ualFolders:             "Folders",
	ualAffectedItems:       "AffectedItems",
	ualItem:                "Item",
	ualParameters:          "Parameters",
	ualModifiedProperties:  "ModifiedProperties",
	ualObjectID:            "ObjectId",
	ualOfficeObjectID:      "OfficeObjectId",
	ualServer:              "OriginatingServer",
	ualQueryText:           "QueryText",
	ualUserAgent:           "UserAgent",
	ualLogonType:           "LogonType",
	ualLogonTypeOffice:     "Logon_Type",
	ualLastAccessed:        "LastAccessed", // this and the next four in a mailbox audit log on premises
	ualOperationResult:     "OperationResult",
	ualIdentity:            "Identity",
	ualDisplayName:         "LogonUserDisplayName",
	ualCmdletName:          "CmdletName", // this and the next in an administrator audit log
	ualCmdletParameters:    "CmdletParameters",
	ualCaller:              "Caller",
	ualRunDate:             "RunDate",
	ualSucceeded:           "Succeeded",
}

var ualKeys = record.NewKeys(ualNames[:]...)

// ualNested are the fields that are lists or maps.
var ualNested = [...]int{ualParameters, ualExtendedProperties, ualOperationProperties, ualModifiedProperties, ualFolders, ualAffectedItems, ualItem,
	ualDeviceProperties, ualAppAccess, ualActor}

var ualRoots = func() *record.Keys {
	var names []string
	for _, slot := range ualNested {
		names = append(names, ualNames[slot])
	}
	return record.NewKeys(names...)
}()

// f returns a field, absent if the record has no field of that name.
func (u *UAL) f(slot int) record.Value { return u.fields.Field(u.at[slot]) }

// first returns the first of the fields with a known text.
func (u *UAL) first(slots ...int) []byte {
	for _, slot := range slots {
		if u.at[slot] == 0 {
			continue
		}
		if text := known(u.f(slot)); text != nil {
			return text
		}
	}
	return nil
}

// known returns the text of v, or of the only element of v. If the text is empty or a
// placeholder, known returns nil.
func known(v record.Value) []byte {
	if v.IsArray() {
		v = v.Only()
	}
	switch text := v.Bytes(); string(text) {
	case "", "<null>", "null":
		return nil
	default:
		return text
	}
}

// unnamed reports whether an account as logged is unknown or only an object id.
func unnamed(id []byte) bool {
	switch string(id) {
	case "Not Available", "Unknown", "NOT-FOUND":
		return true
	}
	return ascii.IsGUID(id)
}
