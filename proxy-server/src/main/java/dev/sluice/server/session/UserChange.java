package dev.sluice.server.session;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ChangeUser;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.OkPacket;
import dev.sluice.server.admission.Limit;
import dev.sluice.server.auth.AuthServices;
import dev.sluice.server.auth.ClientAuthentication;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.frontend.Frontend;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * COM_CHANGE_USER: another login on the same client connection. Confined to the session's event loop.
 *
 * @see <a href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_change_user.html">COM_CHANGE_USER</a>
 */
public final class UserChange implements ClientAuthentication.Listener {
    private final LoopContext context;
    private final Frontend frontend;
    private final AuthServices services;
    private final SessionStarts starts;
    private final ClientAuthentication.Client client;
    private final byte[] greetingNonce;
    private @Nullable Session session;
    private @Nullable ChangeUser request;
    private @Nullable ClientAuthentication authentication;
    private @Nullable Future<?> deadline;
    private int sentSequenceId;

    /**
     * What a login needs besides the connection. Immutable.
     *
     * @param services credentials, accounts, keys
     * @param starts how sessions begin
     */
    public record Services(AuthServices services, SessionStarts starts) {}

    /** @param greetingNonce the nonce that the client was greeted with, which it uses again */
    public UserChange(
            LoopContext context,
            Frontend frontend,
            Services services,
            ClientAuthentication.Client client,
            byte[] greetingNonce) {
        this.context = context;
        this.frontend = frontend;
        this.services = services.services();
        this.starts = services.starts();
        this.client = client;
        this.greetingNonce = greetingNonce;
    }

    /** Whether an exchange is going on: there are no commands until it ends. */
    boolean isActive() {
        return authentication != null;
    }

    /** Whether the next packet belongs to the exchange. */
    boolean takesPacket() {
        return authentication != null && authentication.takesPacket();
    }

    /** Starts the exchange. Takes the reference to the packet. */
    void begin(Session changing, ByteBuf packet) {
        session = changing;
        try {
            packet.skipBytes(Packets.HEADER_LENGTH);
            ChangeUser change = ChangeUser.decode(packet, frontend.capabilities());
            request = change;
            ErrPacket turnedAway = frontend.ticket().tryAgain();
            if (turnedAway == null) {
                turnedAway = frontend.ticket().mayLogIn(change.username(), change.authResponse().length > 0);
            }
            if (turnedAway != null) {
                rejected(turnedAway, 1);
                return;
            }
            ClientAuthentication login = new ClientAuthentication(
                    services, new BackendLoginProver(context, frontend.capabilities()), this, client, greetingNonce);
            authentication = login;
            sentSequenceId = 0;
            deadline = context.loop()
                    .schedule(this::tooLate, frontend.connectPhaseTimeout().toMillis(), TimeUnit.MILLISECONDS);
            if (change.authPluginName() == null) {
                // A client that cannot be asked for another plugin.
                login.start(change.username(), null, change.authResponse(), 0);
            } else {
                login.startAgain(change.username(), 0);
            }
        } catch (ProtocolException e) {
            end();
            changing.protocolError(ErrorCode.ER_MALFORMED_PACKET);
        } finally {
            packet.release();
        }
    }

    /** Takes the client's next packet of the exchange. Takes the reference. */
    void received(ByteBuf packet) {
        ClientAuthentication login = authentication;
        try {
            if (login != null) {
                int sequenceId = packet.getUnsignedByte(packet.readerIndex() + 3);
                packet.skipBytes(Packets.HEADER_LENGTH);
                login.received(packet, sequenceId);
            }
        } catch (ProtocolException e) {
            end();
            Session changing = session;
            if (changing != null) {
                changing.protocolError(ErrorCode.ER_MALFORMED_PACKET);
            }
        } finally {
            packet.release();
        }
    }

    /** As with the first login: whoever has begun one may not leave it open. */
    private void tooLate() {
        Session changing = session;
        if (isActive() && changing != null && !changing.isClosed()) {
            context.refused(Limit.CONNECT_PHASE_TIMEOUT, frontend, "the client did not change its user in time");
            // The client's own packet would have had the number in between.
            rejected(ErrorCode.ER_NET_READ_INTERRUPTED.toPacket(), sentSequenceId + 2);
        }
    }

    private void end() {
        authentication = null;
        Future<?> scheduled = deadline;
        deadline = null;
        if (scheduled != null) {
            scheduled.cancel(false);
        }
    }

    @Override
    public void send(int sequenceId, Packet packet) {
        sentSequenceId = sequenceId;
        frontend.send(sequenceId & 0xFF, packet);
        Session changing = session;
        if (changing != null && takesPacket()) {
            // It may have sent something meanwhile.
            changing.resume();
        }
    }

    @Override
    public void accepted(Credential credential, int sequenceId) {
        ChangeUser change = request;
        Session changing = session;
        if (change == null || changing == null || changing.isClosed()) {
            return;
        }
        ErrPacket turnedAway = frontend.ticket().loggedIn(change.username());
        if (turnedAway != null) {
            rejected(turnedAway, sequenceId);
            return;
        }
        SessionStart start = starts.start(
                credential,
                change.collation(),
                change.database(),
                changing.allowsMultiStatements(),
                frontend.capabilities());
        SchemaCheck.run(context, credential, frontend.capabilities(), start.vector(), new SchemaCheck.Verdict() {
            @Override
            public void usable() {
                if (changing.isClosed()) {
                    return;
                }
                end();
                changing.userChanged(credential, start.vector());
                frontend.send(sequenceId & 0xFF, OkPacket.of(ServerStatus.SERVER_STATUS_AUTOCOMMIT));
                changing.resume();
            }

            @Override
            public void refused(ErrPacket error) {
                rejected(error, sequenceId);
            }
        });
    }

    @Override
    public Executor executor() {
        return context.loop();
    }

    @Override
    public void rejected(ErrPacket error, int sequenceId) {
        end();
        Session changing = session;
        if (changing != null) {
            changing.endWith(sequenceId, error);
        }
    }
}
