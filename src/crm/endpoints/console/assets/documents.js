// Every GraphQL document the console sends. Values go by variables of plain types; enums are written out.

const CALL = `
fragment CallCard on Call {
  id version state direction number { e164 raw display } line ringGroup { id name }
  ringingAt answeredAt endedAt expiresAt
  candidates { id username displayName } claimedBy { id username displayName } claimedAt
  matches { score reason restricted owner { id displayName } party { __typename id name } contact { id name title } }
  party { __typename id name } contact { id name title } activity { id subject }
  disposition { id code labelZh labelEn } note followUpAt filedAt recordingUrl cause actions
}`;

const RECEIPT = `myReceipt { readAt confirmedAt }`;
const NOTICE = `id title body status pinned mustConfirm publishedAt expiresAt`;
const ANNOUNCEMENT = `${NOTICE} createdBy { id displayName } ${RECEIPT}`;
const REMINDER = `id dueAt channel late state occurrenceAt snoozedUntil event { id title location startsAt }`;
const USER_ERRORS = `userErrors { code message field }`;

export const SIGN_IN = `mutation SignIn($username: String!, $password: String!) {
  signIn(input: {username: $username, password: $password}) { token expiresAt user { id } ${USER_ERRORS} }
}`;

export const SIGN_OUT = `mutation SignOut { signOut { ${USER_ERRORS} } }`;

export const ME = `query Me { me { displayName extension locale user { id username } } }`;

export const AGENTS = `query Agents {
  agents { user { id username displayName } state since call { id } }
}`;

export const SET_AVAILABLE = `mutation SetAvailable {
  presenceSet(state: AVAILABLE) { agent { state since } ${USER_ERRORS} }
}`;

export const SET_AWAY = `mutation SetAway {
  presenceSet(state: AWAY) { agent { state since } ${USER_ERRORS} }
}`;

export const RECENT_CALLS = `query RecentCalls { calls(first: 20) { nodes { ...CallCard } } } ${CALL}`;

export const ONE_CALL = `query OneCall($id: ID!) { call(id: $id) { ...CallCard } } ${CALL}`;

export const DISPOSITIONS = `query Dispositions {
  dictionaryItems(
    first: 100
    filter: {dictionary: {code: {eq: "call_disposition"}}, active: {eq: true}}
    orderBy: [{field: POSITION}]
  ) { nodes { id code labelZh labelEn } }
}`;

export const CLAIM = `mutation Claim($id: ID!, $key: String) {
  callClaim(id: $id, idempotencyKey: $key) { call { ...CallCard } ${USER_ERRORS} }
} ${CALL}`;

export const HOLD = `mutation Hold($id: ID!) { callHold(id: $id) { call { ...CallCard } ${USER_ERRORS} } } ${CALL}`;

export const RESUME = `mutation Resume($id: ID!) { callResume(id: $id) { call { ...CallCard } ${USER_ERRORS} } } ${CALL}`;

export const TRANSFER = `mutation Transfer($id: ID!, $toId: ID!, $key: String) {
  callTransfer(id: $id, toId: $toId, idempotencyKey: $key) { call { ...CallCard } ${USER_ERRORS} }
} ${CALL}`;

export const LINK = `mutation Link($id: ID!, $partyId: ID, $contactId: ID) {
  callLink(id: $id, input: {partyId: $partyId, contactId: $contactId}) { call { ...CallCard } ${USER_ERRORS} }
} ${CALL}`;

export const END = `mutation End($id: ID!, $disposition: String, $note: String, $followUpAt: DateTime, $key: String) {
  callEnd(id: $id, input: {disposition: $disposition, note: $note, followUpAt: $followUpAt}, idempotencyKey: $key) {
    call { ...CallCard } ${USER_ERRORS}
  }
} ${CALL}`;

export const CREATE_CUSTOMER = `mutation CreateCustomer($id: ID!, $name: String!, $contactName: String, $title: String, $key: String) {
  callCustomerCreate(id: $id, input: {name: $name, contactName: $contactName, title: $title}, idempotencyKey: $key) {
    call { ...CallCard } customer { id name } ${USER_ERRORS}
  }
} ${CALL}`;

export const PARTY = `query PartyView($id: ID!) {
  party: node(id: $id) {
    __typename
    ... on Party {
      id name shortName lifecycle creditLimit note lastContactAt nextContactAt website
      owner { id displayName } department { name } level { labelZh labelEn } industry { labelZh labelEn }
      tags { id name }
      phoneNumbers { display label primary }
      contacts(first: 10) { nodes { id name title primary phoneNumbers { display label } emailAddresses { address } } }
      planned: activities(first: 5, filter: {status: {eq: PLANNED}}, orderBy: [{field: PLANNED_AT}]) {
        nodes { id kind subject plannedAt owner { displayName } }
      }
      history: activities(first: 8, filter: {status: {eq: DONE}}, orderBy: [{field: DONE_AT, direction: DESC}]) {
        nodes { id kind subject content outcome doneAt owner { displayName } }
      }
      opportunities(first: 5) { nodes { id title status amount currency probability expectedCloseOn stage { name } } }
      contracts(first: 5) { nodes { id number title status amount currency endsOn } }
      deliveries(first: 5) { nodes { id number status courier waybill shippedOn } }
      calls(first: 8) { nodes { id state direction ringingAt claimedBy { displayName } disposition { labelZh labelEn } note } }
      changes: trail(first: 8) { nodes { id at verb actor { displayName } record { __typename } fields { field } } }
    }
  }
}`;

export const ANNOUNCEMENTS = `query Announcements {
  unreadAnnouncementCount
  announcements(first: 20) { nodes { ${ANNOUNCEMENT} } }
}`;

export const READ_ANNOUNCEMENT = `mutation ReadAnnouncement($id: ID!) {
  announcementRead(id: $id) { announcement { ${ANNOUNCEMENT} } ${USER_ERRORS} }
}`;

export const CONFIRM_ANNOUNCEMENT = `mutation ConfirmAnnouncement($id: ID!) {
  announcementConfirm(id: $id) { announcement { ${ANNOUNCEMENT} } ${USER_ERRORS} }
}`;

export const REMINDERS = `query Reminders { reminders(first: 50) { nodes { ${REMINDER} } } }`;

export const SNOOZE = `mutation Snooze($id: ID!, $minutes: Int!) {
  reminderSnooze(id: $id, minutes: $minutes) { reminder { ${REMINDER} } ${USER_ERRORS} }
}`;

export const DISMISS = `mutation Dismiss($id: ID!) { reminderDismiss(id: $id) { reminder { ${REMINDER} } ${USER_ERRORS} } }`;

export const LIVE_CALLS = `subscription LiveCalls($after: String) {
  incomingCalls(after: $after) { cursor expiresAt call { ...CallCard } }
} ${CALL}`;

// Nothing in it differs from reader to reader, so that the server writes it once for all of them.
export const LIVE_ANNOUNCEMENTS = `subscription LiveAnnouncements($after: String) {
  announcements(after: $after) { cursor announcement { ${NOTICE} } }
}`;

export const LIVE_REMINDERS = `subscription LiveReminders($after: String) {
  reminders(after: $after) { cursor reminder { ${REMINDER} } }
}`;
