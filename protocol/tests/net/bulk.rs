//! Much at once.

use super::peers::Vendor;

const BYTES: usize = 4 << 20;

#[tokio::test]
async fn datagrams_become_large_and_stay_so_while_much_is_sent() {
    let vendor = Vendor::new();
    let (client, server) = vendor.pair().await;
    let (mut send, mut recv) = client.connection().open_bi().await.unwrap();
    send.write_all(b"please").await.unwrap();
    let sending = tokio::spawn(async move {
        let (mut send, _recv) = server.accept_bi().await.unwrap();
        send.write_all(&vec![7; BYTES]).await.unwrap();
        send.finish().unwrap();
        // Until the client has everything.
        send.stopped().await.unwrap();
        server.stats().path
    });
    assert_eq!(recv.read_to_end(BYTES).await.unwrap().len(), BYTES);
    let path = sending.await.unwrap();
    assert!(path.current_mtu > 6_000, "{path:?}");
    // One for each datagram would be BYTES / 1,200.
    assert!(path.sent_packets < BYTES as u64 / 4_000, "{path:?}");
}
