"""The bounds on a request's head, in seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from uvicorn.server import ServerState

from runstone.server.answers import TEXT, Answer
from runstone.server.protocol import BoundedHead

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HEAD_S = 0.3
REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


def talking(talk: Talk) -> None:
    """Let `talk` use a connection to a server that waits HEAD_S for a head and answers "there" to everything."""

    async def scenario() -> None:
        config = uvicorn.Config(Answer(200, b"there", TEXT), ws="none", lifespan="off", log_config=None)
        state = ServerState()
        loop = asyncio.get_running_loop()

        def connected() -> asyncio.Protocol:
            made = BoundedHead(config, state, {}, loop)
            made.head_s = HEAD_S
            return made

        async with await loop.create_server(connected, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            try:
                await asyncio.wait_for(talk(reader, writer), 20)
            finally:
                writer.close()
                await writer.wait_closed()

    with ThreadPoolExecutor(1) as thread:  # a browser's test may have left a loop in this one
        thread.submit(asyncio.run, scenario()).result()


def test_a_silent_connection_is_closed() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read() == b""

    talking(talk)


def test_a_head_that_does_not_end_in_time_is_answered_and_the_connection_closed() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(REQUEST[:-2])
        assert (await reader.read()).startswith(b"HTTP/1.1 408 Request Timeout\r\n")

    talking(talk)


def test_the_second_request_of_a_connection_has_its_own_time() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(REQUEST)
        assert (await reader.readuntil(b"there")).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.write(REQUEST[:-2])
        assert (await reader.read()).startswith(b"HTTP/1.1 408 Request Timeout\r\n")

    talking(talk)


def test_a_body_may_take_longer_than_a_head() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\na")
        await reader.readuntil(b"there")
        await asyncio.sleep(2 * HEAD_S)
        writer.write(b"b" + REQUEST)
        assert (await reader.readuntil(b"there")).startswith(b"HTTP/1.1 200 OK\r\n")

    talking(talk)
