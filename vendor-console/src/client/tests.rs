//! The client against a server of a few lines.

use std::net::{Ipv4Addr, SocketAddr};

use protocol::OptionId;
use protocol::codec::MESSAGE_BYTES_MAX;
use protocol::message::staff::{Rules, Topic};
use protocol::net::quinn::{self, RecvStream, SendStream, VarInt};
use protocol::net::{Root, bind_server, read_frame, server_config, write_frame};
use protocol::package::file::{PackageHeader, pack};
use protocol::package::{FeatureList, PackageContent};

use super::*;

const NOW: Timestamp = Timestamp::from_ms(1_760_000_000_000);

struct Peer {
    endpoint: quinn::Endpoint,
    credentials: Credentials,
    address: SocketAddr,
}

impl Peer {
    fn new() -> Self {
        let authority = Root::generate(NOW).unwrap().issue_authority(NOW).unwrap();
        let server = authority.issue_server(NOW).unwrap();
        let config = server_config(&server, &[Service::Staff]).unwrap();
        let endpoint = bind_server((Ipv4Addr::LOCALHOST, 0).into(), config, &server).unwrap();
        let staff = Identity::Staff("hana".parse().unwrap());
        let credentials = authority.issue_client(&staff, NOW).unwrap();
        let address = endpoint.local_addr().unwrap();
        Self { endpoint, credentials, address }
    }

    fn client(&self) -> StaffClient {
        StaffClient::new(&self.address.to_string(), &self.credentials).unwrap()
    }

    async fn accept(&self) -> quinn::Connection {
        self.endpoint.accept().await.unwrap().await.unwrap()
    }
}

async fn question(connection: &quinn::Connection) -> (StaffRequest, SendStream, RecvStream) {
    let (send, mut recv) = connection.accept_bi().await.unwrap();
    let request = read_frame(&mut recv, MESSAGE_BYTES_MAX).await.unwrap();
    (request, send, recv)
}

async fn answer(send: &mut SendStream, outcome: Result<StaffReply, Refusal>) {
    write_frame(send, &Reply { now: NOW, outcome }).await.unwrap();
}

#[tokio::test]
async fn a_refusal_is_told_apart_from_a_broken_link_and_the_next_request_connects_again() {
    let peer = Peer::new();
    let client = peer.client();
    let server = async {
        let connection = peer.accept().await;
        let (_, mut send, _) = question(&connection).await;
        answer(&mut send, Err(RefusalCode::NotFound.into())).await;
        let (_, send, _) = question(&connection).await;
        connection.close(VarInt::from_u32(3), b"");
        drop(send);
        let connection = peer.accept().await;
        let (request, mut send, _) = question(&connection).await;
        assert_eq!(request, StaffRequest::Whoami);
        let rules = Rules { second_person: true, credit_limit: protocol::Yen::ZERO, return_days: 0 };
        answer(&mut send, Ok(StaffReply::Rules(rules))).await;
        connection
    };
    let asking = async {
        let refused = client.request(StaffRequest::Overview).await.unwrap_err();
        assert_eq!(refused.refusal_code(), Some(RefusalCode::NotFound));
        assert_eq!(client.server_now(), Some(NOW));
        assert!(matches!(client.request(StaffRequest::Overview).await, Err(StaffError::Link(_))));
        client.request(StaffRequest::Whoami).await.unwrap()
    };
    let (_connection, reply) = tokio::join!(server, asking);
    assert!(matches!(reply, StaffReply::Rules(rules) if rules.second_person));
}

#[tokio::test]
async fn a_watch_outlives_its_connection_and_says_that_everything_may_have_changed() {
    let peer = Peer::new();
    let mut watch = peer.client().watch();
    let connection = peer.accept().await;
    let (_, mut send, _) = question(&connection).await;
    answer(&mut send, Ok(StaffReply::Changed(vec![]))).await;
    assert!(matches!(watch.next().await, Some(WatchEvent::Connected)));
    answer(&mut send, Ok(StaffReply::Changed(vec![Topic::Orders]))).await;
    assert!(matches!(watch.next().await, Some(WatchEvent::Changed(topics)) if topics == [Topic::Orders]));
    connection.close(VarInt::from_u32(3), b"");
    assert!(matches!(watch.next().await, Some(WatchEvent::Lost(StaffError::Link(_)))));
    let connection = peer.accept().await;
    let (_, mut send, _) = question(&connection).await;
    answer(&mut send, Ok(StaffReply::Changed(vec![]))).await;
    assert!(matches!(watch.next().await, Some(WatchEvent::Connected)));
}

#[tokio::test]
async fn publishing_sends_exactly_the_content_and_an_early_refusal_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("content");
    let content: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    let package = PackageHeader::of(PackageContent::FontPack, FeatureList::default(), &content).unwrap();
    std::fs::write(&path, [package.to_bytes(), content.clone()].concat()).unwrap();
    let option: OptionId = "ocr-package".parse().unwrap();

    let peer = Peer::new();
    let client = peer.client();
    let server = async {
        let connection = peer.accept().await;
        let (request, mut send, mut recv) = question(&connection).await;
        assert_eq!(request, StaffRequest::Publish { option: option.clone(), package: package.clone() });
        let received = recv.read_to_end(content.len()).await.unwrap();
        assert!(received == content);
        answer(&mut send, Ok(StaffReply::Changed(vec![]))).await;
        let (_, mut send, mut recv) = question(&connection).await;
        recv.stop(VarInt::from_u32(0)).unwrap();
        answer(&mut send, Err(RefusalCode::UploadIncomplete.into())).await;
        send.finish().unwrap();
        connection
    };
    let mut heard = vec![];
    let asking = async {
        client.publish(option.clone(), &path, |sent, all| heard.push((sent, all))).await.unwrap();
        client.publish(option.clone(), &path, |_, _| ()).await.unwrap_err()
    };
    let (_connection, refused) = tokio::join!(server, asking);
    assert_eq!(refused.refusal_code(), Some(RefusalCode::UploadIncomplete));
    assert_eq!(heard.first(), Some(&(0, 3_000_000)));
    assert_eq!(heard.last(), Some(&(3_000_000, 3_000_000)));
    assert!(heard.is_sorted());
}

#[tokio::test]
async fn a_file_that_is_no_package_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("content");
    let whole = pack(PackageContent::FontPack, FeatureList::default(), b"content").unwrap();
    let client = Peer::new().client();
    let longer = [whole.as_slice(), b"x"].concat();
    for bad in [b"".as_slice(), b"\0asm, and more of it", &whole[..20], &whole[..whole.len() - 1], &longer] {
        std::fs::write(&path, bad).unwrap();
        let refused = client.publish("ocr-package".parse().unwrap(), &path, |_, _| ()).await.unwrap_err();
        assert_eq!(refused.code(), "package-file-unusable", "{refused}");
    }
}

#[test]
fn a_certificate_file_that_is_none_says_which_file_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nobody.pem");
    assert!(read_credentials(&path).unwrap_err().to_string().contains("nobody.pem"));
    std::fs::write(&path, "not a certificate").unwrap();
    assert!(read_credentials(&path).unwrap_err().to_string().contains("certificate"));
}
