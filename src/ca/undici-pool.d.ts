// undici has no exports map; its Pool alone loads in less than all of undici takes.
declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici";
  export default Pool;
}
