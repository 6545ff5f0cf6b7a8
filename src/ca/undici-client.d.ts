// undici has no exports map; its Client and its request alone load in a third of the time that all of undici takes.
declare module "undici/lib/dispatcher/client.js" {
  import { Client } from "undici";
  export default Client;
}
declare module "undici/lib/api/api-request.js" {
  import type { Client, Dispatcher } from "undici";

  function request(this: Client, options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>;
  export default request;
}
declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici";
  export default Pool;
}
