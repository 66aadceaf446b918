// A CSMS on npm `ocpp-rpc`, told what to do by lines of JSON on standard input; every line it prints is JSON.
//
//   orders       {id, identity, method, params}  -> {id, result} or {id, error: {code, message}}
//   it tells     {listening: port}, {client: identity, protocol, headers, password: base64 or null},
//                {told: method, identity, params}, {gone: identity}
"use strict";
const readline = require("node:readline");
const { RPCServer } = require("ocpp-rpc");

const tell = (fact) => process.stdout.write(JSON.stringify(fact) + "\n");
const now = () => new Date().toISOString();
const ANSWERS = {
    BootNotification: () => ({ currentTime: now(), interval: 300, status: "Accepted" }),
    Heartbeat: () => ({ currentTime: now() }),
    StartTransaction: () => ({ transactionId: 4711, idTagInfo: { status: "Accepted" } }),
    TransactionEvent: () => ({ idTokenInfo: { status: "Accepted" } }),
    DataTransfer: () => ({ status: "Accepted" }),
};

async function main() {
    const stations = new Map();
    const server = new RPCServer({ protocols: ["ocpp2.0.1", "ocpp1.6"], strictMode: true });
    server.auth((accept, _reject, { identity, headers, password }) =>
        accept({ identity, headers, password: password ? password.toString("base64") : null }),
    );
    server.on("client", (station) => {
        const { headers, password } = station.session;
        stations.set(station.identity, station);
        station.handle(({ method, params }) => {
            tell({ told: method, identity: station.identity, params });
            return (ANSWERS[method] ?? (() => ({})))(params);
        });
        station.on("close", () => tell({ gone: station.identity }));
        tell({ client: station.identity, protocol: station.protocol, headers, password });
    });
    const http = await server.listen(0, "127.0.0.1");
    tell({ listening: http.address().port });
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const { id, identity, method, params } = JSON.parse(line);
        stations.get(identity).call(method, params).then(
            (result) => tell({ id, result }),
            (fault) => tell({ id, error: { code: fault.rpcErrorCode ?? "", message: fault.message } }),
        );
    }
    await server.close({ force: true });
}

main();
