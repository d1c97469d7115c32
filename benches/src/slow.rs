//! A connection that takes its time.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Listens on a port of this machine and hands everything on to `server`, the first bytes of each answer
/// `latency` late.
pub(crate) async fn in_front_of(server: String, latency: Duration) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = server.clone();
            tokio::spawn(async move {
                // A broken connection is the client's to notice.
                let _ = forward(client, &server, latency).await;
            });
        }
    });
    Ok(address)
}

async fn forward(mut client: TcpStream, server: &str, latency: Duration) -> Result<()> {
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    let (mut asked, mut answered) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let mut is_first = true;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                server.write_all(asked.get(..read).unwrap_or_default()).await?;
                is_first = true;
            }
            read = server.read(&mut answered) => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                if is_first {
                    tokio::time::sleep(latency).await;
                    is_first = false;
                }
                client.write_all(answered.get(..read).unwrap_or_default()).await?;
            }
        }
    }
}
