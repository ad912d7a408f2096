# Why something did not work (the message) and what the user can do (.advice), one for every code.

## Refusals by the vendor

refusal-bad-message = The vendor's server did not understand this machine.
    .advice = The machine's software may be out of date. Please contact the vendor.
refusal-not-permitted = This machine is not allowed to do that.
    .advice = Please contact the vendor.
refusal-unknown-device = The vendor does not know this machine.
    .advice = Ask the vendor to register this machine's serial number.
refusal-device-revoked = This machine may no longer buy options.
    .advice = Ask the vendor why the machine was blocked.
refusal-activation-refused = The serial number or the activation code was not accepted.
    .advice = Check both for typing errors, or ask the vendor for a new activation code.
refusal-contract-required = This machine is not assigned to a customer.
    .advice = Start again and enter the contract user ID.
refusal-contract-refused = The contract user ID or its PIN was not accepted.
    .advice = Compare the number with your contract and enter both again.
refusal-customer-suspended = Purchases for this customer are suspended.
    .advice = Please contact the vendor's customer service.
refusal-unknown-option = The vendor does not offer this option.
    .advice = Choose an option from the store.
refusal-option-not-for-sale = This option cannot be bought at the moment.
    .advice = Choose another option, or ask the vendor.
refusal-unknown-order = The vendor has no such order from this machine.
    .advice = Please start the purchase again.
refusal-order-mismatch = The order does not match the vendor's records.
    .advice = Please start the purchase again.
refusal-order-closed = This order was closed. Nothing was charged.
    .advice = Please start the purchase again.
refusal-already-licensed = This purchase is already complete.
    .advice = Look under My options.
refusal-not-delivered = The delivery is not confirmed yet.
    .advice = Please continue in a moment.
refusal-digest-mismatch = What arrived is not what the vendor sent.
    .advice = Please download it again.
refusal-offer-not-available = The option is not offered in this form.
    .advice = Start again and choose one of the offered forms.
refusal-already-chosen = This order was already bought in another form.
    .advice = Look under My options.
refusal-ticket-invalid = The permission to download was not accepted.
    .advice = Please start the purchase again.
refusal-ticket-expired = The permission to download has expired.
    .advice = Please continue; a new one is requested.
refusal-no-such-chunk = The download does not match the vendor's package.
    .advice = Please download it again.
refusal-package-unavailable = The option cannot be delivered at the moment.
    .advice = Please try again later. The vendor has been told.
refusal-service-unavailable = A part of the vendor's service cannot be reached.
    .advice = Please try again later.
refusal-busy = The vendor's server is busy.
    .advice = Please try again in a minute.
refusal-storage-failed = The vendor's server could not record the request. Nothing was charged.
    .advice = Please try again later.
refusal-not-found = The vendor has no such entry.
    .advice = Check the input, or ask the vendor.
refusal-conflict = The vendor's records do not allow this.
    .advice = Please ask the vendor.
refusal-invalid-input = The vendor did not accept the input.
    .advice = Please correct the input and try again.
refusal-upload-incomplete = The transfer to the vendor was incomplete.
    .advice = Please try again.
refusal-too-many-attempts = There were too many wrong entries.
    .advice = Wait a while, at most an hour, then try again.
refusal-licence-ended = The right to use this option has ended.
    .advice = Buy the option again if it is still needed.
refusal-licence-locked = The right to use this option is locked.
    .advice = Please ask the vendor to look at this machine.
refusal-role-forbids = Your role does not include this.
    .advice = Ask somebody whose role does.
refusal-second-person-needed = This takes a second person.
    .advice = Ask somebody else to approve it.
refusal-stale = Somebody else has changed this entry in the meantime.
    .advice = Look at it as it is now, then change it again.
refusal-trial-used = This machine has already tried this option.
    .advice = Choose one of the other forms.
refusal-return-used = What has been used cannot be returned.
    .advice = Please ask the vendor's customer service.
refusal-return-too-late = This option can no longer be returned.
    .advice = Please ask the vendor's customer service.

## Faults of the transfer or of this machine

fault-link-lost = The connection to the vendor was lost or could not be made.
    .advice = Check the network cable or the network settings, then try again.
fault-timeout = The vendor's server did not answer in time.
    .advice = Check the network, or try again in a while.
fault-wrong-content = The data that arrived was damaged.
    .advice = Please download it again. If it happens again, contact the vendor.
fault-disk-full = This machine has no storage space left.
    .advice = Remove options that are no longer needed, then try again.
fault-storage = This machine could not save the data.
    .advice = Switch the machine off and on. If it happens again, call service.

## Trust

distrust = This machine and the vendor's server could not verify each other.
    .advice = Check the server address and the fingerprint in the settings, or ask the vendor.
not-genuine = The data was not signed by the vendor for this machine, so it was rejected.
    .advice = Please try again. If it happens again, tell the vendor.
outdated = The list of options that the vendor's server sent has expired or is older than one seen before, so it was rejected.
    .advice = Please try again later. If it happens again, tell the vendor.
certificate-expired = This machine's certificate has run out, so the vendor no longer recognises it.
    .advice = Ask the vendor for a new activation code and register again under Settings, Server address.
not-enrolled = This machine has not been registered yet.
    .advice = Register it under Settings, Server address.

## Jobs

job-fault-document-unreadable = The document cannot be read.
    .advice = Check the document and try again.
job-fault-document-unsuitable = The selected option does not work with this kind of document.
    .advice = Choose another document or another option.
job-fault-document-too-large = The document is too large for this machine.
    .advice = Divide the document into smaller parts.
job-fault-option-damaged = The option's data on this machine is damaged.
    .advice = Please contact the vendor; it can be restored.
job-fault-not-installed = The option is not installed, or its use has ended.
    .advice = Buy it in the option store, or choose another option.
job-fault-locked = The option is locked at the moment.
    .advice = My options tells why, and what to do.
job-fault-queue-full = Too many jobs wait already.
    .advice = Wait until some of them are done, then try again.
job-fault-too-many-programs = A job can use at most four options.
    .advice = Choose fewer options for this job.
job-fault-nothing-provides = The vendor offers nothing that does what this job needs.
    .advice = Start the job without it, or ask the vendor.
job-fault-setting-unsuitable = A setting of the job is not what the option allows.
    .advice = Check the option's settings and try again.
job-fault-program-failed = The option's program broke off.
    .advice = Try another document. If it happens again, tell the vendor.
job-fault-program-too-greedy = The option's program needed more time or memory than it may have.
    .advice = Try fewer or smaller pages. If it happens again, tell the vendor.
job-fault-nothing-left = The options have left out every page, so there is no result.
    .advice = Check the document and the options' settings.
job-fault-tray-unwritable = The result cannot be put into the output tray.
    .advice = Make space in the output folder or check its permissions, then try again.
job-fault-result-waiting = The result is kept safe, but it cannot be put into the output tray.
    .advice = It is put there when the machine is next switched on. The use has been counted once.

## Why an option is locked

lock-key-missing = Its key is missing on this machine.
    .advice = Connect to the vendor: it is fetched again, at no charge.
lock-edited = This machine's records of it were altered.
    .advice = The vendor has been told or will be at the next contact. Please ask the vendor.
lock-clock-in-doubt = This machine's clock has jumped ahead, so its period may be over.
    .advice = Connect to the vendor, who tells the right time, or set the clock right.
lock-restored = The vendor has seen an earlier state of this machine.
    .advice = Please ask the vendor to look at this machine.
lock-suspended = The vendor has suspended it. Nothing is lost.
    .advice = Please ask the vendor; it can be used again once that is settled.
lock-package-missing = It is not complete on this machine.
    .advice = Connect to the vendor: it is fetched again, at no charge.
lock-contact-due = It is paid by use, and this machine has not reached the vendor for too long.
    .advice = Connect to the vendor: it can be used again as soon as the uses so far are reported.
