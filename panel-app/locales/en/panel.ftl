# What the touchscreen says, screen by screen. Every key is in the other languages too; the build fails otherwise.

language-name = English

## Everywhere

ok = OK
cancel = Cancel
back = Back
close = Close
remove = Remove
done = Done
next = Next
clear = Clear
space = Space
backspace = Delete character
product = Kobai
try-again = Try again

## Status bar

# $serial (String) - the device's factory ID
status-serial = S/N { $serial }
status-clock-in-doubt = Clock being checked
status-not-enrolled = Not registered
status-unknown = Not connected yet
status-up = Online
status-down = Offline

## Home

copy = Copy
print = Print
scan = Scan
fax = Fax
store = Option store
store-hint = Add functions and fonts
my-options = My options
# $count (Number) - how many options are installed
my-options-hint = { $count ->
    [0] None installed yet
    [one] 1 installed
   *[other] { $count } installed
}
settings = Settings
home-not-enrolled = This machine is not registered with the vendor yet. Options can be bought once it is.
home-register = Register

## Options and offers

kind-program = Function
kind-font-pack = Font pack
# $version (Number) - 1, 2, 3 …
version = Version { $version }
# $size (String) - for example 12.3 MB
download-size = { $size } download
form-permanent = Permanent use
form-permanent-meaning = Pay once and use it on this machine for as long as you like.
# $count (Number) - decides singular or plural
# $shown (String) - the same number, formatted
form-uses = { $count ->
    [one] 1 use
   *[other] { $shown } uses
}
# $count (Number) - decides singular or plural
# $shown (String) - the same number, formatted
form-uses-meaning = { $count ->
    [one] You can use it once. After that it is removed from this machine.
   *[other] You can use it { $shown } times. After the last use it is removed from this machine.
}
# $count (Number) - decides singular or plural
# $shown (String) - the same number, formatted
form-days = { $count ->
    [one] 1 day
   *[other] { $shown } days
}
# $count (Number) - decides singular or plural
# $shown (String) - the same number, formatted
form-days-meaning = { $count ->
    [one] You can use it for 24 hours from the purchase. After that it is removed from this machine.
   *[other] You can use it for { $shown } days from the purchase. After that it is removed from this machine.
}
form-metered = Pay by use
form-metered-meaning = Each use is charged; nothing else is. Use it as often as you like and remove it whenever you want. This machine must reach the vendor from time to time.
# $price (String) - formatted price
price-each = { $price } a use
# $price (String) - the lowest price, formatted
price-from = from { $price }
installed = Installed

## What is left

left-unlimited = No limit
left-none = That was the last use. The option has been removed.
# $count (Number) - decides singular or plural
# $shown (String) - the same number, formatted
left-uses = { $count ->
    [one] 1 use left
   *[other] { $shown } uses left
}
# $days (Number) - whole days
# $hours (Number) - hours beyond them
left-days = { $days ->
    [one] 1 day { $hours } h left
   *[other] { $days } days { $hours } h left
}
# $hours (Number) - whole hours
# $minutes (Number) - minutes beyond them
left-hours = { $hours } h { $minutes } min left
# $minutes (Number) - whole minutes
left-minutes = { $minutes } min left
left-moment = Less than a minute left
# $time (String) - what is left of the period
# $uses (String) - what is left by count
left-both = { $time }, then { $uses }
# $count (Number) - decides singular or plural
# $shown (String) - the same number, formatted
left-used = { $count ->
    [one] 1 use so far
   *[other] { $shown } uses so far
}
left-ending = Ends after this job
left-locked = Locked

## What ends soon

# $name (String) - the option's name
# $left (String) - what is left of it
soon-one = { $name }: { $left }
# $count (Number) - further options that end soon
soon-more = and { $count } more
# $days (Number) - whole days, rounded up
soon-contact = { $days ->
    [one] Locks within 1 day unless the vendor is reached
   *[other] Locks within { $days } days unless the vendor is reached
}

## Store

store-search = Search options
store-refresh = Refresh
store-empty = The vendor offers no options at the moment.
# $text (String) - what was searched for
store-no-match = Nothing found for “{ $text }”.
store-loading = Loading the catalogue...

## Buying

step-confirm = Confirm
step-download = Download
step-buy = Buy
step-done = Done
offer-title = Buy an option
offer-prices = Price
offer-note-choice = OK starts the download. You choose how to buy when it is complete; nothing is charged before.
# $price (String) - the only offer's price
offer-note-single = OK starts the download. When it is complete, the option is bought for { $price }.
offer-note-trial = OK starts the download. When it is complete, you can try the option. It costs nothing.
offer-trial = Free trial
# $left (String) - what is left now
offer-top-up = { $left }. What you buy is added. What this machine has already is not downloaded again.
# $left (String) - what is left now
offer-renew = { $left }. A new period begins when this one ends. What this machine has already is not downloaded again.
# $price (String) - what a use costs
offer-note-metered = OK starts the download. It costs nothing; each use then costs { $price }.
wanted-by-copy = This copy job needs the option below.
wanted-by-print = This print job needs the option below.
wanted-by-scan = This scan job needs the option below.
wanted-by-fax = This fax job needs the option below.
contract-title = Contract user ID
contract-prompt = Enter the 10-digit number on your contract.
contract-pin = PIN, if the contract has one
contract-pin-short = A PIN has 4 to 12 digits.
# $minutes (Number) - whole minutes, at least 1
contract-blocked = { $minutes ->
    [one] There were too many wrong entries. Try again in about a minute.
   *[other] There were too many wrong entries. Try again in about { $minutes } minutes.
}
contract-why = This machine is not assigned to a customer, so the vendor needs to know who buys.
contract-digits = Contract user ID
contract-check-digit = This number contains a typing error. Please compare it with your contract.
contract-complete = The number is complete. Press OK.
# $count (Number) - digits that are still missing
contract-missing = { $count ->
    [one] 1 more digit
   *[other] { $count } more digits
}
requesting-title = Checking the purchase
requesting-text = The vendor is being asked. This takes a few seconds.
downloading-title = Downloading
# $done (String) - for example 1.2 MB
# $total (String) - for example 12.3 MB
downloading-amount = { $done } of { $total }
# $speed (String) - for example 2.1 MB
downloading-speed = { $speed } per second
downloading-estimating = Measuring the speed...
# $seconds (Number) - estimated seconds
downloading-seconds = About { $seconds } s left
# $minutes (Number) - estimated minutes
downloading-minutes = About { $minutes } min left
# $hours (Number) - estimated hours
downloading-hours = About { $hours } h left
downloading-reconnecting = Reconnecting. What has arrived is kept.
downloading-note = Nothing is charged for a download that is cancelled.
downloading-bar = Download progress
choose-title = Choose how to buy
choose-prompt = The download is complete. How would you like to use this option?
choose-price-changed = The download is complete. The price has changed; please check it before you buy.
choose-permanent = Buy
choose-temporary = Temporary use
choose-metered = Pay by use
# $price (String) - formatted price
choose-button = Buy for { $price }
choose-try = Try it
buying-title = Completing the purchase
buying-text = Please wait. Do not switch the machine off.
done-title = Purchase complete
# $name (String) - the option's name
done-text = “{ $name }” is ready to use.
done-price = Price
done-form = Usage
# $order (String) - the order number
done-order = Order { $order }
done-next = You find it under My options. The charge appears on your next invoice.
done-next-metered = You find it under My options. Each use appears on your invoices.
done-back-copy = Back to copying
done-back-print = Back to printing
done-back-scan = Back to scanning
done-back-fax = Back to faxing
failed-title = The purchase could not be completed
failed-title-other = That did not work
failed-reason = What happened
failed-advice = What you can do
failed-kept = What has been downloaded is kept.
# $code (String) - the stable code for support
failed-code = Code: { $code }
failed-continue = Continue
failed-start-again = Start again

## My options

my-empty = No options are installed.
my-to-store = Open the option store
my-installed = Installed
my-ended = Ended
# $date (String) - when
# $price (String) - formatted price
my-since = Bought { $date } for { $price }
my-top-up = Top up
# $name (String) - the option's name
my-top-up-named = Top up { $name }
my-renew = Renew
# $name (String) - the option's name
my-renew-named = Renew { $name }
# $date (String) - when
# $price (String) - what a use costs
my-since-metered = Since { $date }, { $price }
my-remove-title = Remove this option?
# $name (String) - the option's name
my-remove-text = “{ $name }” is erased from this machine for good. What is left of it is lost and not refunded.
# $name (String) - the option's name
my-remove-text-metered = “{ $name }” is erased from this machine for good. The uses so far are charged.
my-remove-keep = Keep it
my-remove-confirm = Remove for good
my-return = Return it
# $date (String) - until when
# $price (String) - formatted price
my-return-text = It has not been used: until { $date } it can be returned, and { $price } are credited.
my-returning = The vendor is asked whether it takes the option back.
# $name (String) - the option's name
my-remove-named = Remove { $name }
# $date (String) - when
ended-used-up = All uses used · { $date }
# $date (String) - when
ended-period-over = Period over · { $date }
# $date (String) - when
ended-removed = Removed · { $date }
# $date (String) - when
ended-replaced = Bought for good · { $date }
# $date (String) - when
ended-returned = Returned · { $date }
# $date (String) - when
ended-moved = Moved to another machine · { $date }
# $date (String) - when it ended
ended-revoked = Withdrawn by the vendor · { $date }

## Settings

settings-language = Language
settings-server = Server address
settings-server-none = Not set
settings-warn = Warn before an option ends
# $count (Number) - uses that are left
settings-warn-uses = { $count ->
    [one] From 1 use left
   *[other] From { $count } uses left
}
settings-warn-no-uses = Not by uses
# $count (Number) - days that are left
settings-warn-days = { $count ->
    [one] From 1 day left
   *[other] From { $count } days left
}
settings-warn-no-days = Not by days
# $setting (String) - what is set
settings-less = Less: { $setting }
# $setting (String) - what is set
settings-more = More: { $setting }
settings-about = About this machine
settings-product = Product
settings-serial = Serial number
settings-customer = Customer
settings-vendor = Vendor's server
settings-fingerprint = Vendor fingerprint
settings-unset = —

## Server address

server-title = Server address and registration
server-intro = The vendor gives you these four values.
server-enrolled = This machine is registered. Registering again needs a new activation code.
server-vendor = Server address
server-vendor-help = Host name or address, a colon and the port, for example vendor.example.com:4433
server-vendor-error = Use the form host:port, for example vendor.example.com:4433.
server-fingerprint = Fingerprint
server-fingerprint-help = 64 digits 0–9 and a–f. Colons may be left out.
server-fingerprint-error = A fingerprint has 64 digits 0–9 and a–f.
server-serial = Serial number
server-serial-help = It is on the type plate of this machine.
server-serial-error = A serial number has 4 to 32 capital letters, digits and hyphens.
server-code = Activation code
server-code-help = 26 letters and digits. It can be used once. Hyphens may be left out.
server-code-error = An activation code has 26 letters A–Z and digits 2–7.
server-empty = Tap to enter
server-register = Register
server-busy = Registering...

## Jobs

job-documents-copy = Original on the glass
job-documents-print = Waiting to be printed
job-documents-scan = Original on the glass
job-documents-fax = Original to send
job-no-documents = There is no document.
job-options = Use with
job-no-option = No option
job-no-option-hint = The machine's own functions
# $price (String) - formatted price
job-not-installed = Not bought · { $price }
job-start-copy = Start copying
job-start-print = Start printing
job-start-scan = Start scanning
job-start-fax = Send fax
job-choose-document = Choose a document.
job-buy-first = The selected option is not installed: Start opens the purchase.
job-running = Working...
# $document (String) - file name
job-running-text = Processing “{ $document }”.
job-finished = Finished
# $output (String) - file name in the tray
job-finished-text = The result is in the tray: { $output }
job-failed = The job could not be done
job-failed-note = Nothing was used up.
job-waiting = Waiting for its turn
# $document (String) - file name
job-waiting-text = “{ $document }” is in the queue. It begins by itself.
job-leave = Leave it running
job-progress = Job progress
job-reading = Reading the document
# $pages (Number) - how many pages the document has
job-pages = { $pages ->
    [one] 1 page
   *[other] { $pages } pages
}
# $page (Number) - the page being worked on
# $pages (Number) - how many there are
job-page-of = Page { $page } of { $pages }
# $page (Number) - the page being worked on
# $pages (Number) - how many there are
# $name (String) - the option at work
job-page-of-with = Page { $page } of { $pages } · { $name }
job-output = Putting out the result
job-needs = Something is missing
# $document (String) - file name
# $name (String) - what is needed
job-needs-text = The job on “{ $document }” needs: { $name }.
job-needs-note = It waits until you buy what is missing, or let it go on without.
job-give-up = Cancel the job
job-go-without = Go on without
job-see-offer = See the offer
# $count (Number) - further files
job-finished-more = { $count ->
    [one] and 1 more file
   *[other] and { $count } more files
}
# $name (String) - the option's name
job-settings-of = Settings: { $name }
job-as-pdf = As PDF
job-as-png = As PNG
job-split = Divide at separator sheets
# $face (String) - a font's name
job-face = Font: { $face }
job-faces = Font
job-own-face = The machine's own
on = On
off = Off
# $name (String) - what is set
setting-less = { $name }: less
# $name (String) - what is set
setting-more = { $name }: more
jobs = Jobs
jobs-none = No job waits or is in the works.
# $count (Number) - jobs that wait or are in the works
jobs-in-short = { $count ->
    [one] 1 job
   *[other] { $count } jobs
}
# $name (String) - what is needed
jobs-needs = Needs: { $name }
# $name (String) - what is needed
providers-title = Choose: { $name }
wanted-one-by-copy = This copy job needs one of the options below.
wanted-one-by-print = This print job needs one of the options below.
wanted-one-by-scan = This scan job needs one of the options below.
wanted-one-by-fax = This fax job needs one of the options below.
feature-text-recognition = Text recognition
feature-code-reading = Code reading
feature-blank-page-removal = Blank page removal
feature-deskew = Straightening
feature-watermark = Watermark
feature-clean-up = Image clean-up
feature-page-numbering = Page numbering
# $face (String) - a font's name
feature-face = Font { $face }
