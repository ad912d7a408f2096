//! The transfer of a purchase: started, followed, tried again.

use protocol::refusal::Retry;
use protocol::{FailureCode, OrderId, RefusalCode};

use super::{Wait, storage_failure};
use crate::core::effect::{Effect, LinkFault, TransferEvent, TransferFault, TransferOrder};
use crate::core::outcome::Outcome;
use crate::core::record::Stage;
use crate::core::view::{Failure, FailureAdvice};
use crate::core::{Core, LinkState};

impl Core {
    pub(in crate::core) fn start_transfer(&mut self, id: OrderId, out: &mut Outcome) {
        let Some(server) = self.enrolment.as_ref().map(|e| e.vendor.clone()) else { return };
        let Some(authorised) = self.orders.get(&id).and_then(|o| o.authorised.clone()) else { return };
        self.put_restore_aside();
        self.packages.insert(authorised.manifest.digest());
        self.transferring = Some(id);
        self.set_wait(Wait::Transfer);
        out.then(Effect::StartTransfer(TransferOrder {
            order: id,
            manifest: authorised.manifest,
            ticket: authorised.ticket,
            server: authorised.content_server.unwrap_or(server),
        }));
    }

    pub(in crate::core) fn transfer_event(&mut self, id: OrderId, event: TransferEvent, out: &mut Outcome) {
        if self.transferring != Some(id) {
            return;
        }
        if self.restore_transfer_event(id, event) {
            return;
        }
        let uptime_ms = self.clock.uptime_ms();
        match event {
            TransferEvent::Durable { bytes } => {
                self.link = LinkState::Up;
                if let Some(purchase) = self.on_screen(id) {
                    if bytes > purchase.done_bytes {
                        purchase.failed_attempts = 0;
                    }
                    purchase.done_bytes = bytes;
                    purchase.meter.note(uptime_ms, bytes);
                }
            }
            TransferEvent::Ended => {
                self.transferring = None;
                self.link = LinkState::Up;
                if let Some(package) = self.package_of(id) {
                    self.package_complete(&package);
                }
                self.set_stage(id, Stage::Confirming, out);
                self.ask_order(id, out);
            }
            TransferEvent::Failed(fault) => {
                self.transferring = None;
                self.transfer_failed(id, fault, out);
            }
        }
    }

    fn transfer_failed(&mut self, id: OrderId, fault: TransferFault, out: &mut Outcome) {
        if let Some(purchase) = self.on_screen(id) {
            purchase.meter.pause();
        }
        match fault {
            TransferFault::Link(LinkFault::Lost) => {
                self.link = LinkState::Down;
                self.try_again(id, Failure::Fault(FailureCode::LinkLost));
            }
            TransferFault::Link(LinkFault::Distrust) => self.stop(id, Failure::Distrust, FailureAdvice::Continue),
            TransferFault::Link(LinkFault::Expired) => {
                self.stop(id, Failure::CertificateExpired, FailureAdvice::Continue);
            }
            TransferFault::Link(LinkFault::Garbled) => self.stop(id, Failure::NotGenuine, FailureAdvice::Continue),
            TransferFault::Stalled => self.try_again(id, Failure::Fault(FailureCode::Timeout)),
            TransferFault::WrongContent => self.try_again(id, Failure::Fault(FailureCode::WrongContent)),
            TransferFault::Storage(fault) => self.stop(id, storage_failure(fault), FailureAdvice::Continue),
            TransferFault::Refused(code @ (RefusalCode::TicketExpired | RefusalCode::TicketInvalid)) => {
                // The same order is answered with a fresh ticket; what is stored stays.
                self.set_stage(id, Stage::Requested, out);
                self.try_again(id, Failure::Refused(code));
            }
            TransferFault::Refused(code) if code.retry() == Retry::Later => self.try_again(id, Failure::Refused(code)),
            TransferFault::Refused(code) => self.refused_for_good(id, code, out),
        }
    }
}
