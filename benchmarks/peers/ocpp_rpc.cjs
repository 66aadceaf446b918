// A CSMS on npm `ocpp-rpc` that ends TLS itself and asks for the station's certificate.
//
//   one argument: {port, chain, key, stations, suites, filling} as JSON; chain, key and stations are PEM files
"use strict";
const { createServer } = require("node:https");
const { readFileSync } = require("node:fs");
const { constants } = require("node:crypto");
const { RPCServer } = require("ocpp-rpc");

const wanted = JSON.parse(process.argv[2]);
const ANSWERS = {
    BootNotification: () => ({ currentTime: "2026-11-22T06:00:00Z", interval: 3600, status: "Accepted" }),
    MeterValues: () => ({ customData: { vendorId: wanted.filling } }),
};

const server = new RPCServer({ protocols: ["ocpp2.0.1"] });
server.auth((accept) => accept({}));
server.on("client", (station) => {
    station.handle(({ method, params }) => ANSWERS[method](params));
});

// Tickets that open nothing: the full handshake is what is measured.
const tls = createServer({
    cert: readFileSync(wanted.chain),
    key: readFileSync(wanted.key),
    ca: readFileSync(wanted.stations),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
    ecdhCurve: "prime256v1",
    ciphers: wanted.suites,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_TICKET,
});
tls.on("upgrade", server.handleUpgrade);
tls.listen({ port: wanted.port, host: "127.0.0.1", backlog: 4096 });
