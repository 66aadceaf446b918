// A station on npm `ocpp-rpc`, told what to do by lines of JSON on standard input; every line it prints is JSON.
//
//   first line   {endpoint, identity, protocol, password?: base64, ca?, cert?, key?, strict?}
//   then         {id, method, params}            -> {id, result} or {id, error: {code, message}}
//   it tells     {open: protocol}, {asked: method, params}, {closed: code}, {refused: message}
"use strict";
const readline = require("node:readline");
const { RPCClient } = require("ocpp-rpc");

const tell = (fact) => process.stdout.write(JSON.stringify(fact) + "\n");
const VALUES = { HeartbeatInterval: "300" };
const ANSWERS = {
    GetConfiguration: () => ({ configurationKey: [{ key: "HeartbeatInterval", readonly: false, value: "300" }] }),
    GetVariables: ({ getVariableData }) => ({
        getVariableResult: getVariableData.map(({ component, variable }) => ({
            component,
            variable,
            ...(VALUES[variable.name]
                ? { attributeStatus: "Accepted", attributeValue: VALUES[variable.name] }
                : { attributeStatus: "UnknownVariable" }),
        })),
    }),
    SetVariables: ({ setVariableData }) => ({
        setVariableResult: setVariableData.map(({ component, variable }) => ({ component, variable, attributeStatus: "Accepted" })),
    }),
};

async function begin(options) {
    const station = new RPCClient({
        endpoint: options.endpoint,
        identity: options.identity,
        protocols: [options.protocol],
        password: options.password ? Buffer.from(options.password, "base64") : undefined,
        strictMode: options.strict ?? true,
        reconnect: false,
        wsOpts: { ca: options.ca, cert: options.cert, key: options.key, minVersion: "TLSv1.2" },
    });
    station.handle(({ method, params }) => {
        tell({ asked: method, params });
        return (ANSWERS[method] ?? (() => ({ status: "Accepted" })))(params);
    });
    station.on("close", ({ code }) => tell({ closed: code }));
    try {
        await station.connect();
        tell({ open: station.protocol });
    } catch (fault) {
        tell({ refused: fault.message });
    }
    return station;
}

async function main() {
    let station;
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const order = JSON.parse(line);
        if (!station) {
            station = await begin(order);
            continue;
        }
        station.call(order.method, order.params).then(
            (result) => tell({ id: order.id, result }),
            (fault) => tell({ id: order.id, error: { code: fault.rpcErrorCode ?? "", message: fault.message } }),
        );
    }
    await station?.close();
}

main();
