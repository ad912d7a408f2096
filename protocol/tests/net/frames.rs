//! Frames: what is written is read, and what is no frame is refused without waiting or allocating for it.

use std::time::Duration;

use protocol::codec::{DecodeError, MESSAGE_BYTES_MAX, encode};
use protocol::message::Reply;
use protocol::net::quinn::{Connection, RecvStream, SendStream, VarInt};
use protocol::net::{Client, CloseCode, FrameError, LinkError, read_frame, write_frame};

use super::peers::{Vendor, double_numbers};

/// An open stream on which the client has written `bytes`: both ends of the connection, the client's sending half and
/// the server's receiving half.
async fn stream_with(vendor: &Vendor, bytes: &[u8]) -> (Client, Connection, SendStream, RecvStream) {
    let (client, server) = vendor.pair().await;
    let (mut send, _) = client.connection().open_bi().await.unwrap();
    send.write_all(bytes).await.unwrap();
    let (_, recv) = server.accept_bi().await.unwrap();
    (client, server, send, recv)
}

#[tokio::test]
async fn a_frame_is_a_length_of_four_bytes_and_the_message() {
    let vendor = Vendor::new();
    let (client, server) = vendor.pair().await;
    let (mut send, _) = client.connection().open_bi().await.unwrap();
    write_frame(&mut send, &"購買").await.unwrap();
    send.finish().unwrap();
    let (_, mut recv) = server.accept_bi().await.unwrap();
    let written = recv.read_to_end(100).await.unwrap();
    assert_eq!(written, [&14_u32.to_le_bytes()[..], &encode(&"購買")].concat());
}

#[tokio::test]
async fn messages_of_every_size_up_to_the_limit_arrive_as_they_were_sent() {
    let vendor = Vendor::new();
    let (client, server) = vendor.pair().await;
    // The text's own length takes eight bytes; a reader takes memory in steps of 64 KiB.
    for length in [0, 1, 65_536 - 8, 65_536 - 7, 200_000, MESSAGE_BYTES_MAX - 8] {
        let sent = "x".repeat(length);
        let write = async {
            let (mut send, _) = client.connection().open_bi().await.unwrap();
            write_frame(&mut send, &sent).await.unwrap();
            send.finish().unwrap();
        };
        let read = async {
            let (_, mut recv) = server.accept_bi().await.unwrap();
            let read: String = read_frame(&mut recv, MESSAGE_BYTES_MAX).await.unwrap();
            (read, read_frame::<String>(&mut recv, MESSAGE_BYTES_MAX).await)
        };
        let ((), (read, after)) = tokio::join!(write, read);
        assert!(read == sent, "{length} bytes");
        assert!(matches!(after, Err(FrameError::Ended)), "{after:?}");
    }
}

#[tokio::test]
async fn a_message_above_the_limit_is_not_even_sent() {
    let vendor = Vendor::new();
    let (client, _server) = vendor.pair().await;
    let (mut send, _) = client.connection().open_bi().await.unwrap();
    let error = write_frame(&mut send, &"x".repeat(MESSAGE_BYTES_MAX - 7)).await.unwrap_err();
    let expected = MESSAGE_BYTES_MAX + 1;
    assert!(matches!(error, FrameError::TooLong { announced, .. } if announced == expected), "{error}");
}

#[tokio::test]
async fn an_announced_length_above_the_limit_is_refused_before_anything_follows() {
    let vendor = Vendor::new();
    for (announced, limit) in [(101, 100), (MESSAGE_BYTES_MAX + 1, usize::MAX), (u32::MAX as usize, usize::MAX)] {
        let header = u32::try_from(announced).unwrap().to_le_bytes();
        // The stream stays open: a reader that waited for the body would never answer.
        let (_client, _server, _open, mut recv) = stream_with(&vendor, &header).await;
        let refused = tokio::time::timeout(Duration::from_secs(10), read_frame::<String>(&mut recv, limit)).await;
        let error = refused.expect("the reader waits for what it must refuse").unwrap_err();
        assert!(matches!(error, FrameError::TooLong { announced: a, .. } if a == announced), "{error}");
        assert!(error.is_protocol_violation());
    }
}

#[tokio::test]
async fn a_stream_that_ends_inside_a_frame_is_told_from_one_that_ends_between_frames() {
    let vendor = Vendor::new();
    let whole = [&4_u32.to_le_bytes()[..], &encode(&7_u32)].concat();
    for length in 0..whole.len() {
        let (client, server) = vendor.pair().await;
        let (mut send, _) = client.connection().open_bi().await.unwrap();
        send.write_all(&whole[..length]).await.unwrap();
        send.finish().unwrap();
        let (_, mut recv) = server.accept_bi().await.unwrap();
        let error = read_frame::<u32>(&mut recv, 100).await.unwrap_err();
        assert_eq!(matches!(error, FrameError::Ended), length == 0, "{length}: {error}");
        assert_eq!(matches!(error, FrameError::Truncated), length > 0, "{length}: {error}");
        assert_eq!(error.is_protocol_violation(), length > 0);
    }
}

#[tokio::test]
async fn bytes_after_the_message_within_its_frame_are_refused() {
    let vendor = Vendor::new();
    let bytes = [&5_u32.to_le_bytes()[..], &encode(&7_u32), &[0]].concat();
    let (_client, _server, _send, mut recv) = stream_with(&vendor, &bytes).await;
    let error = read_frame::<u32>(&mut recv, 100).await.unwrap_err();
    assert!(matches!(error, FrameError::Decode(DecodeError::Trailing(1))), "{error}");
    assert!(error.is_protocol_violation());
}

#[tokio::test]
async fn a_frame_of_garbage_is_refused_and_the_next_request_is_answered() {
    let vendor = Vendor::new();
    let (client, server) = vendor.pair().await;
    let ask = async {
        let (mut send, mut recv) = client.connection().open_bi().await.unwrap();
        send.write_all(b"\x04\x00\x00\x00").await.unwrap();
        send.write_all(b"??").await.unwrap();
        send.finish().unwrap();
        let unanswered = read_frame::<Reply<u32>>(&mut recv, 100).await;
        assert!(matches!(unanswered, Err(FrameError::Ended)), "{unanswered:?}");
        client.request::<_, u32>(&21_u32).await.unwrap()
    };
    tokio::select! {
        reply = ask => assert_eq!(reply.outcome, Ok(42)),
        () = double_numbers(server) => panic!("the server has ended"),
    }
}

#[tokio::test]
async fn a_broken_link_is_no_violation_of_the_protocol() {
    let vendor = Vendor::new();
    let (_client, _server, mut send, mut recv) = stream_with(&vendor, &4_u32.to_le_bytes()).await;
    send.reset(VarInt::from_u32(0)).unwrap();
    let error = read_frame::<u32>(&mut recv, 100).await.unwrap_err();
    assert!(matches!(error, FrameError::Read(_)) && !error.is_protocol_violation(), "{error}");

    let (client, _server, _send, mut recv) = stream_with(&vendor, &4_u32.to_le_bytes()).await;
    client.connection().close(CloseCode::Done.var_int(), b"");
    let error = read_frame::<u32>(&mut recv, 100).await.unwrap_err();
    assert!(matches!(error, FrameError::Read(_)) && !error.is_protocol_violation(), "{error}");
    assert!(matches!(LinkError::from(error), LinkError::Broken(_)));
}

#[tokio::test]
async fn more_requests_at_once_than_streams_are_allowed_are_all_answered() {
    let vendor = Vendor::new();
    let (client, server) = vendor.pair().await;
    let asking: Vec<_> = (0..100_u32)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.request::<_, u32>(&number).await.unwrap().outcome })
        })
        .collect();
    let serving = tokio::spawn(double_numbers(server));
    for (number, answer) in (0..).zip(asking) {
        assert_eq!(answer.await.unwrap(), Ok(number * 2));
    }
    client.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_no_message_names_the_protocol_as_the_cause() {
    let vendor = Vendor::new();
    let (client, server) = vendor.pair().await;
    let nonsense = async {
        let (mut send, _recv) = server.accept_bi().await.unwrap();
        write_frame(&mut send, &"not a reply").await.unwrap();
        send.finish().unwrap();
        send.stopped().await
    };
    let (answer, _) = tokio::join!(client.request::<_, u32>(&1_u32), nonsense);
    assert!(matches!(answer, Err(LinkError::Protocol(_))), "{answer:?}");
}
