/** IB's error codes with the words that TWS has for them. */

const texts: Readonly<Record<number, string>> = {
  100: "Max rate of messages per second has been exceeded",
  101: "Max number of tickers has been reached.",
  103: "Duplicate order id",
  110: "The price does not conform to the minimum price variation for this contract.",
  162: "Historical Market Data Service error message:",
  200: "No security definition has been found for the request",
  201: "Order rejected - reason:",
  202: "Order Canceled - reason:",
  300: "Can't find EId with tickerId:",
  320: "Error reading request.",
  321: "Error validating request.-'bW' : cause -",
  322: "Error processing request.-'bW' : cause -",
  326: "Unable to connect as the client id is already in use. Retry with a unique client id.",
  354: "Requested market data is not subscribed. Check API status by selecting the Account menu then under Management choose Market Data Subscription Manager and/or availability of delayed data.",
  387: "Unsupported order type for this exchange and security type.",
  1100: "Connectivity between IBKR and Trader Workstation has been lost.",
  1101: "Connectivity between IBKR and Trader Workstation has been restored - data lost.",
  1102: "Connectivity between IBKR and Trader Workstation has been restored - data maintained. All data farms are connected: usfarm; ushmds; secdefnj.",
  1300: "TWS socket port has been reset and this connection is being dropped. Please reconnect on the new port",
  2103: "Market data farm connection is broken:",
  2104: "Market data farm connection is OK:",
  2105: "HMDS data farm connection is broken:",
  2106: "HMDS data farm connection is OK:",
  2107: "HMDS data farm connection is inactive but should be available upon demand.",
  2108: "Market data farm connection is inactive but should be available upon demand.",
  2110: "Connectivity between Trader Workstation and server is broken. It will be restored automatically.",
  2119: "Market data farm is connecting:",
  2157: "Sec-def data farm connection is broken:",
  2158: "Sec-def data farm connection is OK:",
  10147: "OrderId that needs to be cancelled is not found.",
  10148: "OrderId that needs to be cancelled can not be cancelled",
  10167: "Requested market data is not subscribed. Displaying delayed market data.",
  10268: "The 'EtradeOnly' order attribute is not supported."
}

/** The words of a code, with what belongs behind them. */
export const textOf = (code: number, rest = ""): string => {
  const text = texts[code] ?? `error ${code}`
  return rest === "" ? text : `${text} ${rest}`
}
