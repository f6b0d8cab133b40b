//! What a Socket.IO server says: Engine.IO payloads and frames of both versions, the packets in them, the handshake.

use wsbench::drivers::socketio::engine::{Data, Kind, Packet, Payload};
use wsbench::drivers::socketio::handshake::Handshake;
use wsbench::drivers::socketio::packet;
use wsbench::drivers::websocket::decoder::Message;
use wsbench::transport::Eio;

/// What was read and is written again is read as the same.
pub fn check(bytes: &[u8]) {
    for version in [Eio::Three, Eio::Four] {
        if let Ok(packets) = payload(version, bytes) {
            let mut written = Vec::new();
            packets.iter().for_each(|packet| packet.write_payload(version, &mut written));
            assert_eq!(payload(version, &written).as_ref(), Ok(&packets));
            packets.iter().for_each(look);
        }
        for text in [false, true] {
            if let Ok(packet) = Packet::of_message(version, Message { text, bytes, wire: bytes.len() }) {
                look(&packet);
            }
        }
    }
}

fn payload(version: Eio, bytes: &[u8]) -> Result<Vec<Packet<'_>>, wsbench::meter::Failure> {
    Payload::new(version, bytes)?.collect()
}

fn look(packet: &Packet<'_>) {
    match (packet.kind, &packet.data) {
        (Kind::Open, Data::Text(text)) => {
            if let Ok(handshake) = Handshake::read(text) {
                assert!(handshake.interval() < handshake.silence());
            }
        }
        (Kind::Message, Data::Text(text)) => {
            let Ok(packet) = packet::Packet::decode(text) else { return };
            let (_event, _argument) = (packet.event(), packet.argument());
            assert_eq!(packet::Packet::decode(&packet.to_string()), Ok(packet));
        }
        _ => {}
    }
}
