//! Work that nobody asks for: closes orders that were never finished.

use std::sync::Arc;

use protocol::time::MINUTE_MS;

use super::customers::Customers;

/// Runs until it is aborted.
pub(super) async fn run(customers: Arc<Customers>) {
    loop {
        if let Err(error) = customers.sweep().await {
            tracing::error!("sweeping failed and will be tried again: {error}");
        }
        customers.clock.sleep_ms(MINUTE_MS).await;
    }
}
