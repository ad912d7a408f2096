language-name = English

# Frame
app-name = Kobai
app-subtitle = Staff console
nav-overview = Overview
nav-customers = Customers
nav-devices = Devices
nav-catalogue = Catalogue
nav-orders = Orders
nav-licences = Licences
nav-charges = Charges
nav-invoices = Invoices
theme-light = Light
theme-dark = Dark
theme-label = Theme
connection-live = Connected
connection-lost = Not connected, retrying
connection-trying = Connecting
# $name (String) - The name in the certificate.
signed-in-as = Signed in as { $name }

# Everywhere
search = Search
save = Save
create = Create
cancel = Cancel
close = Close
copied = Copied
retry = Try again
loading = Loading
browse = Browse
nothing-found = Nothing found
nothing-found-advice = Try another word, or clear the search and the filters.
none = None
previous-page = Previous page
next-page = Next page
# $first (Number) - Number of the first row shown.
# $last (Number) - Number of the last row shown.
# $total (Number) - How many rows there are.
page-of = { $first }–{ $last } of { $total }
# $total (Number) - How many rows there are.
total-rows = { $total ->
    [one] 1 entry
   *[other] { $total } entries
}
stale-reload = Show it as it is now
saved = Saved
dismiss = Dismiss message

# Fields that are wrong
error-required = Fill in this field.
# $max (Number) - Characters allowed.
error-too-long = At most { $max } characters.
error-control = Line breaks and tabs are not allowed.
error-serial = 4 to 32 characters: A–Z, 0–9 and hyphens.
error-option-id = 2 to 48 characters: a–z, 0–9 and hyphens, starting with a letter.
error-price = A whole number of yen, at most 999,999,999,999.
error-uses = A number from 1 to 1,000,000.
error-days = A number from 1 to 3,660.
error-offers-empty = At least one offer is needed.
error-offers-many = At most 8 offers.
error-offers-same = Two offers have the same form.
error-offers-trial = A trial costs 0 yen and ends by itself, and an option has at most one.
# $price (String) - The most.
error-metered-price = A use costs at most { $price }.
error-date = A day such as 2026-11-30.
error-customer = Choose a customer.
error-file = Choose a file.

# Usage forms
form-permanent = Permanent
# $count (Number) - Uses.
form-uses = { $count ->
    [one] 1 use
   *[other] { $count } uses
}
# $count (Number) - Days.
form-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
form-kind-uses = By uses
form-kind-days = By days
form-metered = Charged by use

# Overview
overview-customers = Customers
overview-devices = Devices enrolled
overview-options = Options for sale
overview-orders-open = Open orders
overview-uninvoiced = Not yet invoiced
overview-charged = Charged in all
# $count (Number) - Devices.
overview-cloned = { $count ->
    [one] Two machines use the certificate of one device
   *[other] Two machines each use the certificates of { $count } devices
}
overview-cloned-advice = Find out which of them is the device. A new activation code ends the certificate of both.
overview-cloned-show = Show devices
# $count (Number) - Licences.
overview-not-erased = { $count ->
    [one] 1 licence is over and not erased
   *[other] { $count } licences are over and not erased
}
# $count (Number) - Devices.
overview-flagged = { $count ->
    [one] 1 device needs a decision
   *[other] { $count } devices need a decision
}
# $count (Number) - Licences.
overview-ending = { $count ->
    [one] 1 licence ends or locks soon
   *[other] { $count } licences end or lock soon
}
overview-ending-show = Whom to call
overview-to-licences = Look at licences
overview-live = Latest orders
overview-all-orders = All orders
overview-start-title = Nothing has been ordered yet
overview-start-advice = Three steps until a panel can buy:
overview-start-customer = 1. Enter a customer
overview-start-device = 2. Register a device
overview-start-option = 3. Put an option into the catalogue

# Customers
customer = Customer
customer-new = New customer
customer-number = Number
customer-name = Name
customer-email = E-mail for invoices
customer-email-hint = Optional
customer-settlement = Settlement
settlement-monthly = Monthly
settlement-on-demand = On demand
customer-devices = Devices
customer-uninvoiced = Not invoiced
customer-since = Since
customer-state = State
customer-active = Active
customer-suspended = Suspended
customer-suspend = Suspend purchases
customer-resume = Allow purchases again
customer-contracts = Contract user IDs
customer-contracts-advice = Typed at a panel that is assigned to no customer.
contract-add = Add contract
contract-end = End
contract-resume = Resume
contract-ended = Ended
contract-pin = PIN
# $id (String) - Contract user ID, grouped.
contract-pin-label = PIN of contract { $id }
contract-pin-new = New PIN
contract-pin-wrong = A PIN has 4 to 12 digits.
contract-pin-advice = Must be typed at the panel with the contract user ID. It cannot be shown again.
contract-pin-set = Set PIN
contract-pin-clear = Remove PIN
# $id (String) - Contract user ID, grouped.
contract-end-label = End contract { $id }
# $id (String) - Contract user ID, grouped.
contract-resume-label = Resume contract { $id }
# $name (String) - Name of the customer.
customer-created = { $name } was entered
contract-added = A contract was added
customers-empty = No customers yet
customers-empty-advice = Enter the first one; it gets a contract user ID at once.
customer-find = Find customer
customer-choose = Choose a customer
customer-nobody = Nobody: contract ID at the panel
customer-anyone = All customers

# Devices
device-register = Register device
device-serial = Serial number
device-serial-hint = On the rating plate, like MX-204-0001
device-model = Model
device-customer = Who pays
device-state = State
device-last-seen = Last seen
device-never = Never
device-certificate-until = Certificate until
device-cloned = Cloned
# $time (String) - Date and time.
device-cloned-title = Since { $time } two machines have used this device's certificate.
device-cloned-advice = Make a new activation code for the real one and enrol it: that ends the certificate of both. Or revoke the device.
device-registered = Registered
device-enrolled = Enrolled
device-revoked = Revoked
# $time (String) - Date and time.
device-code-until = An activation code is waiting until { $time }.
device-new-code = New activation code
device-new-code-confirm = Make a new activation code?
device-new-code-warning = An unused code ends now. Enrolling with the new code replaces the device's certificate.
device-revoke = Revoke device
# $serial (String) - Serial number.
device-revoke-confirm = Revoke { $serial }?
device-revoke-warning = The device may do nothing any more: no purchases, no downloads, no restoring.
device-revoked-done = The device was revoked
devices-empty = No devices yet
devices-empty-advice = Register one by its serial number; you get the activation code for its panel.
activation-title = Activation code
# $serial (String) - Serial number.
activation-advice = Type it at the panel of { $serial }. It is shown this once.
activation-server = Server address for the panel
activation-fingerprint = CA fingerprint
# $time (String) - Date and time.
activation-until = Valid until { $time }
activation-done = Written down
copy-code = Copy activation code
copy-server = Copy server address
copy-fingerprint = Copy CA fingerprint

# Catalogue
option = Option
option-new = New option
option-id = Option ID
option-id-hint = Like ocr-package; never changes
option-kind = Kind
kind-program = Program
kind-font-pack = Font pack
option-name-ja = Name in Japanese
option-name-en = Name in English
option-description-ja = Description in Japanese
option-description-en = Description in English
option-offers = Offers
option-release = Release
option-sold = Sold
option-for-sale = In the catalogue
option-state = State
option-on-sale = For sale
option-hidden = Not for sale
option-no-release = No release
offer-add = Add offer
# $number (Number) - Position of the offer.
offer-remove = Remove offer { $number }
# $number (Number) - Position of the offer.
offer-form = Form of offer { $number }
# $number (Number) - Position of the offer.
offer-count = Count of offer { $number }
# $number (Number) - Position of the offer.
offer-price = Price of offer { $number }
offer-yen = yen
offer-trial = Trial
# $number (Number) - Position of the offer.
offer-trial-named = Offer { $number } is a trial, for each device once
offer-yen-each = yen a use
options-empty = No options yet
options-empty-advice = Create one with its offers, then publish a file as its first release.
# $name (String) - Name of the option.
option-created = { $name } was created. Publish a file to put it on sale.
publish-title = Publish a release
package-memory = Memory
package-work = Work for a page
package-provides = Gives
publish-advice = The package file (.kop) is signed, encrypted and stored. Panels get it with their next purchase.
publish-file = Package file
publish-drop = Type a path, browse, or drop a file here.
publish = Publish
publish-drop-now = Drop to choose this file
# $version (Number) - Number of the release.
# $size (String) - Length of the content.
# $time (String) - When it was published.
release-line = Release { $version }, { $size }, published { $time }
release-none = Nothing published yet, so it cannot be bought.
# $version (Number) - Number of the release.
published = Release { $version } is published
# $sent (String) - Bytes sent.
# $total (String) - Bytes in all.
publishing = { $sent } of { $total }

# Orders
orders-open-only = Only open orders
order-time = Time
order-number = Order
order-device = Device
order-customer = Customer
order-option = Option
order-state = State
order-delivery = Delivery
order-price = Price
order-form = Form
order-updated = Last change
order-attempts = Broken transfers
order-last-failure = Last interruption
order-package = Package
orders-empty = No orders yet
orders-empty-advice = Orders appear here the moment a panel asks for an option.
orders-none-open = No open orders
orders-none-open-advice = Every order is finished. Clear the filter to see them.
state-authorised = Authorised
state-sent = Sent
state-received = Received
state-delivered = Delivered
state-licensed = Licensed
state-refused = Refused
state-failed = Failed
state-cancelled = Cancelled
state-expired = Expired
delivery-waiting = Waiting
delivery-done = Complete
failure-link-lost = The connection broke.
failure-timeout = Nothing arrived for too long.
failure-wrong-content = What arrived was not what was sent.
failure-disk-full = The device's store is full.
failure-storage = The device's store failed.

# Charges
charge-number = Charge
charge-time = Time
charge-form = Form
charge-amount = Amount
# $count (Number) - Uses.
# $each (String) - What each costs.
charge-uses = { $count ->
    [one] 1 use at { $each }
   *[other] { $count } uses at { $each }
}
charge-invoice = Invoice
charges-from = From
charges-until = Before
charges-date-hint = 2026-11-30
charges-this-month = This month
charges-last-month = Last month
charges-all-time = All time
charges-uninvoiced-only = Only not invoiced
charges-sum = Sum
charges-empty = No charges yet
charges-empty-advice = A charge is made in the moment a licence is issued, or uses of one are reported; never before.
charges-open = Not invoiced

# Invoices
invoice = Invoice
invoice-number = Invoice
invoice-customer = Customer
invoice-period = Period
invoice-issued = Issued
invoice-lines = Lines
invoice-total = Total
invoice-new = Invoice now
invoice-new-advice = Puts the customer's charges that are on no invoice yet onto a new one.
invoice-until = Charges before
invoice-until-hint = Empty: all until now
invoice-make = Make invoice
# $number (String) - Number of the invoice.
invoice-made = { $number } was made
invoice-settle = Settlement
invoice-settle-advice = Makes an invoice for every customer who is settled monthly and has charges before this day.
invoice-settle-until = End of the period (this day is not included)
invoice-settle-run = Run settlement
# $count (Number) - Invoices made.
invoice-settled = { $count ->
    [0] Nothing to invoice
    [one] 1 invoice was made
   *[other] { $count } invoices were made
}
invoice-save-title = Save as file
invoice-save-path = File (.csv or .txt)
invoice-save = Save file
# $path (String) - The file.
invoice-saved = Saved as { $path }
# $path (String) - The file.
# $reason (String) - Why not.
invoice-save-failed = { $path } cannot be written: { $reason }
invoices-empty = No invoices yet
invoices-empty-advice = Invoice one customer now, or run the settlement for a period.

# Errors
error-link-title = The server cannot be reached.
error-link-advice = Check that it runs and that the network reaches it; this window connects again by itself.
error-permitted = The server does not accept this certificate.
error-permitted-advice = Use a staff certificate of this vendor.
error-answer = The server's answer cannot be understood.
error-answer-advice = Use the same version for server and console.
error-file-read = The file cannot be read.
error-file-read-advice = Check the path and the rights on the file.

# Licences
licence-number = Licence
licence-issued = Issued
licence-starts = Begins
licence-left = Left
# $count (Number) - Uses.
licence-uses-left = { $count ->
    [one] 1 use
   *[other] { $count } uses
}
# $count (Number) - Uses.
licence-used = { $count ->
    [one] 1 use so far
   *[other] { $count } uses so far
}
licence-contact-due = Locks without a report
licence-active = In use
licence-locked = Locked
licence-used-up = Used up
licence-period-over = Period over
licence-removed = Removed
licence-revoked = Revoked
licence-replaced = Bought for good
licence-returned = Returned
licence-moved = Moved
licence-moves-to = Moves to
licence-move-field = Move to device (serial number)
licence-move-lost = The present device is lost (it must be revoked)
licence-move = Move licence
licence-suspended = Suspended
licence-suspend = Suspend licence
licence-reinstate = Reinstate licence
licence-return-until = Returnable until
licence-ended = Ended
licence-erased = Erased
licence-reported = Last report
licence-not-erased = Not erased
licence-not-erased-advice = It is over, and the device has sent no receipt of its erasure. The device may be switched off or without a network; if it is in use, look into it.
licence-revoke = Revoke licence
licence-revoke-confirm = Revoke this licence?
licence-revoke-warning = The device erases the option as soon as it hears of it. The charge stays.
licence-revoked-done = The licence is revoked
licences-alarms-only = Only over and not erased
# $uses (Number) - Uses.
# $days (Number) - Days.
licences-ending-only = Soon over: { $uses } uses or { $days } days
licences-none-ending = Nothing ends soon
licences-none-ending-advice = No licence has so little left, and none locks soon for want of a report.
licences-empty = No licences yet
licences-empty-advice = A licence appears here the moment it is bought.
licences-no-alarm = Nothing is left over
licences-no-alarm-advice = Every licence that is over has a receipt of its erasure.
lock-key-missing = The device has lost the key and fetches the licence again.
lock-edited = The device's record of it was altered.
lock-clock-in-doubt = The device's clock is further ahead than is believed.
lock-restored = The device's store was put back to an earlier state.
lock-suspended = Suspended by staff.
lock-package-missing = The device fetches the package again.
lock-contact-due = The device has not reported for too long; its next report unlocks it.
# $count (Number) - Devices.
alarms-title = Devices to look at ({ $count })
alarm-noticed = Noticed
alarm-flagged = Needs a decision
alarm-no-flag = Note
alarm-since = Since
alarm-temporary = Temporary licences
alarm-decide-advice = The device's temporary licences are locked until you decide.
alarm-release = Let them be used
alarm-release-confirm = Let the licences be used again?
alarm-release-warning = The device continues with what was left when it last reported.
alarm-end = End them
alarm-end-confirm = End the device's temporary licences?
alarm-end-warning = The device erases them as soon as it hears of it. The charges stay.
alarm-decided = Decided; the device hears of it with its next report
flag-restored = The device reported an older state than before: its store was put back, or it was copied.
flag-edited = The device found its own records altered.
flag-implausible = The device reported more uses at once than a machine makes. They are not charged.
# $hours (Number) - Hours.
fault-clock-set-back = The clock was set back by { $hours } h.
# $hours (Number) - Hours.
fault-clock-jumped = The clock jumped ahead by { $hours } h.
# $licence (String) - Its number.
fault-record-edited = Record altered: { $licence }
# $licence (String) - Its number.
fault-record-missing = Record gone: { $licence }
fault-seal-broken = The seal over all records is broken.
# The staff, approvals, credits and the audit log
nav-staff = Staff
nav-approvals = Approvals
nav-audit = Audit log
role-clerk = Clerk
role-publisher = Publisher
role-accountant = Accountant
role-admin = Admin
role-clerk-advice = Customers, contracts and devices
role-publisher-advice = Options and releases
role-accountant-advice = Invoices and credits
role-admin-advice = Everything, and the staff
# $roles (String) - The roles that may, in the language of the window.
role-only = Only for: { $roles }
staff-name = Name
staff-name-hint = Like hana; never given to anybody else
staff-role = Role
staff-since = Since
staff-state = State
staff-active = Active
staff-revoked = Revoked
staff-add = Add member
staff-add-advice = The key is made on this computer and is only in this file. Hand the file over in person.
staff-file = Certificate file
staff-make = Make certificate
# $name (String) - Name of the member of staff.
# $path (String) - The file.
staff-added = { $name } has a certificate: { $path }
staff-reissue = Replace certificate
staff-reissue-advice = For a lost or stolen file. The certificate before counts no more.
staff-revoke = Revoke
# $name (String) - Name of the member of staff.
staff-revoke-confirm = Revoke { $name }?
staff-revoke-warning = This is for ever: the name is never given again.
# $name (String) - Name of the member of staff.
staff-revoked-done = { $name } may do nothing any more
error-staff-name = 2 to 40 characters: a–z, 0–9, dots and hyphens.
rules-title = Rules
rules-second-person = Releases and large credits wait for a second person.
rules-solo = This vendor is one person: nothing waits for a second one.
rules-require = Require a second person
rules-require-confirm = Require a second person?
rules-require-warning = From now on nobody approves what is their own. There is no way back.
rules-limit = Credit without a second person (a customer, 30 days)
rules-limit-set = Set limit
rules-return = Returns of unused licences
# $days (Number) - How many days.
rules-return-days = { $days ->
    [0] Not possible
    [one] Within 1 day
   *[other] Within { $days } days
}
rules-return-field = Days (0 to 90)
rules-return-set = Set return period
error-return-days = A number of days from 0 to 90.
approvals-decided-too = Also what was decided
approval-what = What
approval-by = Proposed by
approval-at = Proposed
approval-state = State
approval-waiting = Waiting
approval-approved = Approved
approval-rejected = Rejected
approval-package = Package
approval-size = Content
approval-decided-by = Decided by
approval-because = Because
approval-approve = Approve
approval-reject = Reject
approval-withdraw = Take back
approval-reason = Why not
approval-own = You proposed this: somebody else must approve it.
approval-done = Decided
# $option (String) - Option ID.
# $version (Number) - Number of the release.
approval-release = { $option }, release { $version }
# $charge (Number) - Number of the charge.
approval-credit = Credit of charge { $charge }
approval-limit = Credit limit
approvals-empty = Nothing waits for a second person
approvals-empty-advice = Releases and credits above the limit appear here until somebody else says yes or no.
# $count (Number) - How many.
approvals-open = { $count ->
    [one] 1 thing waits for a second person
   *[other] { $count } things wait for a second person
}
approvals-look = Look at them
waits-for-approval = It waits for a second person
# $version (Number) - Number of the release.
release-waiting = Release { $version } waits for a second person.
credits-title = Credits
credit-left = Not credited
credit-amount = Amount (yen)
credit-reason = Why (the invoice shows it)
credit-issue = Credit
credit-issued = The credit reduces the next invoice
credit-by-return = Return
credit-none = Nothing was credited.
# $charge (Number) - Number of the charge.
credit-of-charge = Credit of charge { $charge }
charge-credited = Credited
invoice-credited = Credits
invoice-carried = Credit left for the next invoice
audit-line = Line
audit-at = Time
audit-who = Who
audit-action = Action
audit-subject = On
audit-outcome = Outcome
audit-change = Change
audit-hash = Hash
audit-done = Done
audit-empty = The log is empty
audit-empty-advice = What staff do appears here.
audit-verify = Verify the chain
audit-verifying = Verifying
# $lines (Number) - How many lines.
audit-whole = Whole: { $lines } lines
# $lines (Number) - How many lines.
# $hash (String) - Beginning of the hash.
# $time (String) - Date and time.
audit-verified = All { $lines } lines lead to the signed head { $hash } of { $time }, and to the head that this computer kept.
audit-alarm = The audit log was tampered with
error-audit = The audit log is not what it was.
error-audit-advice = Work on nothing else: keep this computer's audit head, save the vendor's books, and find out who changed them.

# Keys that sign
nav-keys = Signing keys
keys-root-here = The root's private key is on the server's machine: a change counts at once. Keep it where no network reaches.
keys-root-away = The root's private key is elsewhere: a change makes a file to be signed there, and the answer is imported here.
keys-version = Version of the list
key-name = Key
key-role = What it signs
key-role-release = Catalogue and releases
key-role-licence = Tickets and licences
key-since = On the server since
key-state = State
key-signs = Signs now
key-counts = Still counts
key-revoked = Revoked
key-rotate = Change a key
key-rotate-do = Make a new key
key-rotate-advice = A new key signs from now on. The one before it still counts, those before that no longer.
# $role (String) - What the key signs.
key-rotate-confirm = Let a new key sign? ({ $role })
key-rotate-warning = Panels follow at their next contact. Purchases that are under way are not disturbed.
key-revoke = Revoke key
key-revoke-advice = For a key that somebody else may have. It never counts again; if it signs now, a new one takes its place.
# $key (String) - Name of the key.
key-revoke-confirm = Revoke key { $key }?
key-revoke-warning = What it has signed counts no more and is signed anew when it is asked for. There is no way back.
key-request-file = File for the root to sign
key-request-done = The request is in the file
# $file (String) - The file.
key-request-next = { $file } is to be signed where the root is: vendor-server root sign. Then import the answer here. Nothing has changed yet.
key-import = Import an answer
key-import-do = Import
key-import-advice = The file that vendor-server root sign has written. From then on its list of keys counts.
key-answer-file = File with the answer
key-file-unusable = The file cannot be used
key-changed = The new list of keys counts
